-- Statements end with two semicolons. Every one can be run again.

CREATE TABLE IF NOT EXISTS timeline_search (event_id bigint PRIMARY KEY, document tsvector NOT NULL);;
CREATE INDEX IF NOT EXISTS timeline_search_document ON timeline_search USING gin (document);;

-- Small letters, Latin ones without their accents: "Élection" is found by "election". A database of the locale C
-- knows of no small letters but those of English, so those of all languages are asked of ICU.
CREATE OR REPLACE FUNCTION timeline_plain(written text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT lower(
        normalize(regexp_replace(normalize(written, NFD), U&'([A-Za-z])[\0300-\036F]+', '\1', 'g'), NFC)
        COLLATE "und-x-icu"
    )
$$;;

-- What an event is found by: its title before its quotes before the headlines of its sources.
CREATE OR REPLACE FUNCTION timeline_searched(wanted bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timeline_search (event_id, document)
    SELECT e.id,
        setweight(to_tsvector('english', timeline_plain(e.title)), 'A')
        || setweight(to_tsvector('english', timeline_plain(left(coalesce(told.quotes, ''), 100000))), 'B')
        || setweight(to_tsvector('english', timeline_plain(left(coalesce(told.headlines, ''), 100000))), 'C')
    FROM timeline_event e LEFT JOIN LATERAL (
        SELECT string_agg(m.quote, E'\n' ORDER BY m.id) AS quotes,
            string_agg(s.headline, E'\n' ORDER BY m.id) AS headlines
        FROM timeline_mention m JOIN timeline_source s ON s.id = m.source_id
        -- One that a curator added and took back is no evidence.
        WHERE m.event_id = e.id AND (m.standing <> 'withdrawn' OR m.extractor <> '')
    ) told ON true
    WHERE e.id = wanted
    ON CONFLICT (event_id) DO UPDATE SET document = excluded.document
$$;;

-- The transaction stands beside the id, since ids are given out before it is known who commits first.
CREATE OR REPLACE FUNCTION timeline_note(event bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timeline_change (event_id, mark, transaction)
    VALUES (event, (random() * 9007199254740992)::bigint, pg_current_xact_id()::text::bigint)
$$;;

CREATE OR REPLACE FUNCTION timeline_event_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM timeline_note(OLD.id);
        DELETE FROM timeline_search WHERE event_id = OLD.id;
    ELSE
        PERFORM timeline_note(NEW.id);
        IF TG_OP = 'INSERT' THEN
            PERFORM timeline_searched(NEW.id);
        ELSIF NEW.title <> OLD.title THEN
            PERFORM timeline_searched(NEW.id);
        END IF;
    END IF;
    RETURN NULL;
END
$$;;

CREATE OR REPLACE FUNCTION timeline_mention_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.event_id, NEW.source_id, NEW.quote, NEW.standing)
        = (OLD.event_id, OLD.source_id, OLD.quote, OLD.standing) THEN
        PERFORM timeline_note(NEW.event_id);
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM timeline_note(OLD.event_id);
        PERFORM timeline_searched(OLD.event_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM timeline_note(NEW.event_id);
        PERFORM timeline_searched(NEW.event_id);
    END IF;
    RETURN NULL;
END
$$;;

CREATE OR REPLACE FUNCTION timeline_participation_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM timeline_note(OLD.event_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM timeline_note(NEW.event_id);
    END IF;
    RETURN NULL;
END
$$;;

CREATE OR REPLACE FUNCTION timeline_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM timeline_search;
    PERFORM timeline_note(-1);
    RETURN NULL;
END
$$;;

-- Change 0: what pages show beside events was written. Change -1: any event may have been.
CREATE OR REPLACE FUNCTION timeline_beside_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timeline_note(0);
    RETURN NULL;
END
$$;;

DROP TRIGGER IF EXISTS timeline_event_written ON timeline_event;;
CREATE TRIGGER timeline_event_written AFTER INSERT OR DELETE OR UPDATE OF
    kind, title, date, earliest, latest, status, disputed, country, counts, summary, review, locked_fields, has_news
    ON timeline_event FOR EACH ROW EXECUTE FUNCTION timeline_event_written();;
DROP TRIGGER IF EXISTS timeline_event_emptied ON timeline_event;;
CREATE TRIGGER timeline_event_emptied AFTER TRUNCATE
    ON timeline_event FOR EACH STATEMENT EXECUTE FUNCTION timeline_emptied();;
DROP TRIGGER IF EXISTS timeline_mention_written ON timeline_mention;;
CREATE TRIGGER timeline_mention_written AFTER INSERT OR DELETE OR UPDATE
    ON timeline_mention FOR EACH ROW EXECUTE FUNCTION timeline_mention_written();;
DROP TRIGGER IF EXISTS timeline_participation_written ON timeline_participation;;
CREATE TRIGGER timeline_participation_written AFTER INSERT OR DELETE OR UPDATE
    ON timeline_participation FOR EACH ROW EXECUTE FUNCTION timeline_participation_written();;
DROP TRIGGER IF EXISTS timeline_source_written ON timeline_source;;
CREATE TRIGGER timeline_source_written AFTER INSERT OR DELETE OR UPDATE
    ON timeline_source FOR EACH STATEMENT EXECUTE FUNCTION timeline_beside_written();;
DROP TRIGGER IF EXISTS timeline_actor_written ON timeline_actor;;
CREATE TRIGGER timeline_actor_written AFTER DELETE OR UPDATE
    ON timeline_actor FOR EACH STATEMENT EXECUTE FUNCTION timeline_beside_written();;

-- For a timeline that was there before its search table.
SELECT timeline_searched(id) FROM timeline_event WHERE NOT EXISTS (SELECT 1 FROM timeline_search);;

-- Change -1: anything may have been written while the triggers were away.
SELECT timeline_note(-1);;
