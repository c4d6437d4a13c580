-- Statements end with two semicolons. Every one can be run again.

CREATE VIRTUAL TABLE IF NOT EXISTS timeline_search USING fts5(
    title, quotes, headlines, tokenize = "porter unicode61 remove_diacritics 2", prefix = '3'
);;

-- A passage that a curator added and took back, withdrawn and read by no extractor, is found by nobody.

-- Change: the event, and a number that tells a change from another that got its id after a rollback.

DROP TRIGGER IF EXISTS timeline_event_inserted;;
CREATE TRIGGER timeline_event_inserted AFTER INSERT ON timeline_event BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (new.id, random(), 0);
    INSERT INTO timeline_search (rowid, title, quotes, headlines) VALUES (new.id, new.title, '', '');
END;;

DROP TRIGGER IF EXISTS timeline_event_updated;;
CREATE TRIGGER timeline_event_updated AFTER UPDATE OF
    kind, title, date, earliest, latest, status, disputed, country, counts, summary, review, locked_fields, has_news
    ON timeline_event BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (new.id, random(), 0);
END;;

DROP TRIGGER IF EXISTS timeline_event_retitled;;
CREATE TRIGGER timeline_event_retitled AFTER UPDATE OF title ON timeline_event
WHEN new.title <> old.title BEGIN
    UPDATE timeline_search SET title = new.title WHERE rowid = new.id;
END;;

DROP TRIGGER IF EXISTS timeline_event_deleted;;
CREATE TRIGGER timeline_event_deleted AFTER DELETE ON timeline_event BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (old.id, random(), 0);
    DELETE FROM timeline_search WHERE rowid = old.id;
END;;

DROP TRIGGER IF EXISTS timeline_mention_inserted;;
CREATE TRIGGER timeline_mention_inserted AFTER INSERT ON timeline_mention BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (new.event_id, random(), 0);
    UPDATE timeline_search SET
        quotes = coalesce((
            SELECT group_concat(quote, char(10)) FROM timeline_mention
            WHERE event_id = new.event_id AND (standing <> 'withdrawn' OR extractor <> '')
        ), ''),
        headlines = coalesce((
            SELECT group_concat(s.headline, char(10))
            FROM timeline_mention m JOIN timeline_source s ON s.id = m.source_id
            WHERE m.event_id = new.event_id AND (m.standing <> 'withdrawn' OR m.extractor <> '')
        ), '')
    WHERE rowid = new.event_id;
END;;

DROP TRIGGER IF EXISTS timeline_mention_updated;;
CREATE TRIGGER timeline_mention_updated AFTER UPDATE ON timeline_mention BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (old.event_id, random(), 0);
    INSERT INTO timeline_change (event_id, mark, "transaction")
        SELECT new.event_id, random(), 0 WHERE new.event_id <> old.event_id;
END;;

DROP TRIGGER IF EXISTS timeline_mention_moved;;
CREATE TRIGGER timeline_mention_moved AFTER UPDATE OF event_id, source_id, quote, standing ON timeline_mention
WHEN new.event_id <> old.event_id OR new.source_id <> old.source_id OR new.quote <> old.quote
    OR (new.standing <> old.standing AND old.extractor = '') BEGIN
    UPDATE timeline_search SET
        quotes = coalesce((
            SELECT group_concat(quote, char(10)) FROM timeline_mention
            WHERE event_id = timeline_search.rowid AND (standing <> 'withdrawn' OR extractor <> '')
        ), ''),
        headlines = coalesce((
            SELECT group_concat(s.headline, char(10))
            FROM timeline_mention m JOIN timeline_source s ON s.id = m.source_id
            WHERE m.event_id = timeline_search.rowid AND (m.standing <> 'withdrawn' OR m.extractor <> '')
        ), '')
    WHERE rowid IN (old.event_id, new.event_id);
END;;

DROP TRIGGER IF EXISTS timeline_mention_deleted;;
CREATE TRIGGER timeline_mention_deleted AFTER DELETE ON timeline_mention BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (old.event_id, random(), 0);
    UPDATE timeline_search SET
        quotes = coalesce((
            SELECT group_concat(quote, char(10)) FROM timeline_mention
            WHERE event_id = timeline_search.rowid AND (standing <> 'withdrawn' OR extractor <> '')
        ), ''),
        headlines = coalesce((
            SELECT group_concat(s.headline, char(10))
            FROM timeline_mention m JOIN timeline_source s ON s.id = m.source_id
            WHERE m.event_id = timeline_search.rowid AND (m.standing <> 'withdrawn' OR m.extractor <> '')
        ), '')
    WHERE rowid = old.event_id;
END;;

DROP TRIGGER IF EXISTS timeline_participation_inserted;;
CREATE TRIGGER timeline_participation_inserted AFTER INSERT ON timeline_participation BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (new.event_id, random(), 0);
END;;

DROP TRIGGER IF EXISTS timeline_participation_updated;;
CREATE TRIGGER timeline_participation_updated AFTER UPDATE ON timeline_participation BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (old.event_id, random(), 0);
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (new.event_id, random(), 0);
END;;

DROP TRIGGER IF EXISTS timeline_participation_deleted;;
CREATE TRIGGER timeline_participation_deleted AFTER DELETE ON timeline_participation BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (old.event_id, random(), 0);
END;;

-- Change 0: what pages show beside events was written.

DROP TRIGGER IF EXISTS timeline_source_inserted;;
CREATE TRIGGER timeline_source_inserted AFTER INSERT ON timeline_source BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (0, random(), 0);
END;;
DROP TRIGGER IF EXISTS timeline_source_updated;;
CREATE TRIGGER timeline_source_updated AFTER UPDATE ON timeline_source BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (0, random(), 0);
END;;
DROP TRIGGER IF EXISTS timeline_source_deleted;;
CREATE TRIGGER timeline_source_deleted AFTER DELETE ON timeline_source BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (0, random(), 0);
END;;
DROP TRIGGER IF EXISTS timeline_actor_updated;;
CREATE TRIGGER timeline_actor_updated AFTER UPDATE ON timeline_actor BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (0, random(), 0);
END;;
DROP TRIGGER IF EXISTS timeline_actor_deleted;;
CREATE TRIGGER timeline_actor_deleted AFTER DELETE ON timeline_actor BEGIN
    INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (0, random(), 0);
END;;

-- For a timeline that was there before its search table.
INSERT INTO timeline_search (rowid, title, quotes, headlines)
SELECT e.id, e.title,
    coalesce((
        SELECT group_concat(quote, char(10)) FROM timeline_mention
        WHERE event_id = e.id AND (standing <> 'withdrawn' OR extractor <> '')
    ), ''),
    coalesce((
        SELECT group_concat(s.headline, char(10))
        FROM timeline_mention m JOIN timeline_source s ON s.id = m.source_id
        WHERE m.event_id = e.id AND (m.standing <> 'withdrawn' OR m.extractor <> '')
    ), '')
FROM timeline_event e WHERE NOT EXISTS (SELECT 1 FROM timeline_search);;

-- Change -1: anything may have been written while the triggers were away.
INSERT INTO timeline_change (event_id, mark, "transaction") VALUES (-1, random(), 0);;
