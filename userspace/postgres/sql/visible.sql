-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- A page that a λ may not judge is left to the server, for each reason alone.
CREATE EXTENSION pg_visibility;
CREATE EXTENSION dblink;
SET lambda.side = process;
SET lambda.always = on;

-- What EXPLAIN says of pages.
CREATE FUNCTION pages(question text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ' || question LOOP
        IF line ~ 'Pages' THEN
            RETURN NEXT trim(line);
        END IF;
    END LOOP;
END $$;

-- Writes bytes into the file of a table, behind the server's back.
CREATE FUNCTION scribble(relation regclass, place bigint, bytes text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', format(
        'cat >/dev/null; printf "%s" | dd of="%s/%s" bs=1 seek=%s conv=notrunc status=none',
        bytes, current_setting('data_directory'), pg_relation_filepath(relation), place));
END $$;

CREATE TABLE seen (id integer, v integer);
INSERT INTO seen SELECT i, i FROM generate_series(1, 1000) i;

-- Nothing is known of the pages yet, then they are dirty, then all is well.
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
VACUUM seen;
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT sum(v) FROM seen WHERE id > 0;
CHECKPOINT;
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT sum(v) FROM seen WHERE id > 0;

-- The file is behind a buffer of which everybody sees all.
UPDATE seen SET v = v + 100000 WHERE id = 5;
VACUUM seen;
SELECT sum(v) FROM seen WHERE id > 0;
SELECT id, v FROM seen WHERE v > 1000 OR id = 5;
CHECKPOINT;
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT sum(v) FROM seen WHERE id > 0;

-- What a transaction did itself, and what it undid.
BEGIN;
DELETE FROM seen WHERE id % 100 = 0;
INSERT INTO seen VALUES (5000, 1);
SELECT count(*), sum(v) FROM seen WHERE id > 0;
SAVEPOINT s;
UPDATE seen SET v = 0;
SELECT count(*), sum(v) FROM seen WHERE id > 0;
ROLLBACK TO s;
SELECT count(*), sum(v) FROM seen WHERE id > 0;
ROLLBACK;
SELECT count(*), sum(v) FROM seen WHERE id > 0;
VACUUM seen;
CHECKPOINT;
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');

-- The map alone is missing.
SELECT pg_truncate_visibility_map('seen');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
VACUUM seen;
CHECKPOINT;
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');

-- The flag of a page is clear in the file; its position is above that of the log;
-- a row is not known to be committed; the page is of no layout that is known.
SELECT scribble('seen', 10, '\000');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT scribble('seen', 10, '\004');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
CREATE TABLE before AS
    SELECT (SELECT string_agg('\' || (get_byte(b, i) / 64)::text || (get_byte(b, i) / 8 % 8)::text ||
                              (get_byte(b, i) % 8)::text, '' ORDER BY i)
            FROM generate_series(0, length(b) - 1) i) AS bytes
    FROM pg_read_binary_file(pg_relation_filepath('seen'), 0, 8192) b;
SELECT scribble('seen', 0, '\377\377\377\177');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT scribble('seen', 0, substr(bytes, 1, 16)) FROM before;
SELECT scribble('seen', 8180, '\000\010');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT scribble('seen', 8180, '\000\001');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT scribble('seen', 8180, '\000\011');
SELECT scribble('seen', 18, '\003');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT scribble('seen', 18, '\004');
SELECT pages('SELECT sum(v) FROM seen WHERE id > 0');
SELECT sum(v) FROM seen WHERE id > 0;

-- The map is looked at again behind the request: pages that have left it are
-- done again, those too that have come back meanwhile.
SELECT dblink_connect('other', format('dbname=%s host=%s port=%s user=%s', current_database(),
    split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'),
    current_user));
SELECT dblink_exec('other', 'SET lambda.side = process');
SELECT dblink_exec('other', 'SET lambda.always = on');
SELECT dblink_exec('other', 'SET lambda.request_delay = 2000');
SELECT dblink_send_query('other', 'SELECT pages(''SELECT id FROM seen WHERE id > 0'')');
SELECT pg_sleep(0.7);
UPDATE seen SET v = v WHERE id = 5;
SELECT * FROM dblink_get_result('other') AS t(line text);
SELECT * FROM dblink_get_result('other') AS t(line text);
VACUUM seen;
CHECKPOINT;
SELECT dblink_send_query('other', 'SELECT pages(''SELECT id FROM seen WHERE id > 0'')');
SELECT pg_sleep(0.7);
BEGIN;
INSERT INTO seen VALUES (7000, 0);
ROLLBACK;
VACUUM seen;
SELECT * FROM dblink_get_result('other') AS t(line text);
SELECT * FROM dblink_get_result('other') AS t(line text);
CHECKPOINT;
-- Rows of a page that is done again count once.
SELECT dblink_send_query('other', 'SELECT count(*) FROM (SELECT id FROM seen WHERE id > 0 OFFSET 0) x');
SELECT pg_sleep(0.7);
UPDATE seen SET v = v WHERE id = 5;
SELECT * FROM dblink_get_result('other') AS t(c bigint);
SELECT * FROM dblink_get_result('other') AS t(c bigint);
VACUUM seen;
CHECKPOINT;
-- Aggregates are of all pages of a request, and made again without those.
SELECT dblink_send_query('other', 'SELECT pages(''SELECT sum(v) FROM seen WHERE id > 0'')');
SELECT pg_sleep(0.7);
UPDATE seen SET v = v WHERE id = 5;
SELECT * FROM dblink_get_result('other') AS t(line text);
SELECT * FROM dblink_get_result('other') AS t(line text);
VACUUM seen;
CHECKPOINT;
SELECT dblink_send_query('other', 'SELECT sum(v) FROM seen WHERE id > 0');
SELECT pg_sleep(0.7);
UPDATE seen SET v = v + 1 WHERE id = 5;
SELECT * FROM dblink_get_result('other') AS t(s bigint);
SELECT * FROM dblink_get_result('other') AS t(s bigint);
UPDATE seen SET v = v - 1 WHERE id = 5;
VACUUM seen;
CHECKPOINT;

-- A page that the λ says nothing of is not done: the file is shorter than it was.
SELECT dblink_send_query('other', 'SELECT pages(''SELECT id FROM seen WHERE id > 0'')');
SELECT pg_sleep(0.7);
DO $$ BEGIN
    EXECUTE format('COPY (SELECT 1) TO PROGRAM %L',
        format('cat >/dev/null; cp "%1$s/%2$s" "%1$s/saved"; truncate -s 16384 "%1$s/%2$s"',
               current_setting('data_directory'), pg_relation_filepath('seen')));
END $$;
SELECT * FROM dblink_get_result('other') AS t(line text);
SELECT * FROM dblink_get_result('other') AS t(line text);
DO $$ BEGIN
    EXECUTE format('COPY (SELECT 1) TO PROGRAM %L',
        format('cat >/dev/null; cat "%1$s/saved" >"%1$s/%2$s"; rm "%1$s/saved"',
               current_setting('data_directory'), pg_relation_filepath('seen')));
END $$;
SELECT sum(v), count(*) FROM seen WHERE id > 0;
SELECT dblink_exec('other', 'SET lambda.request_delay = 0');

-- A snapshot sees what it saw.
VACUUM seen;
CHECKPOINT;
SELECT dblink_exec('other', 'BEGIN ISOLATION LEVEL REPEATABLE READ');
SELECT * FROM dblink('other', 'SELECT count(*), sum(v) FROM seen WHERE id > 0') AS t(c bigint, s bigint);
DELETE FROM seen WHERE id BETWEEN 10 AND 20;
UPDATE seen SET v = 7 WHERE id > 900;
VACUUM seen;
CHECKPOINT;
SELECT * FROM dblink('other', 'SELECT count(*), sum(v) FROM seen WHERE id > 0') AS t(c bigint, s bigint);
SELECT dblink_exec('other', 'COMMIT');
SELECT * FROM dblink('other', 'SELECT count(*), sum(v) FROM seen WHERE id > 0') AS t(c bigint, s bigint);
VACUUM seen;
CHECKPOINT;
SELECT * FROM dblink('other', 'SELECT count(*), sum(v) FROM seen WHERE id > 0') AS t(c bigint, s bigint);

-- What was read by a λ was read: of two that skew a write one is told to retry.
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT dblink_exec('other', 'BEGIN ISOLATION LEVEL SERIALIZABLE');
SELECT count(*) FROM seen WHERE v = 7;
SELECT * FROM dblink('other', 'SELECT count(*) FROM seen WHERE v = 7') AS t(c bigint);
INSERT INTO seen VALUES (6000, 7);
SELECT dblink_exec('other', 'INSERT INTO seen VALUES (6001, 7)');
COMMIT;
\set VERBOSITY sqlstate
SELECT dblink_exec('other', 'COMMIT');
\set VERBOSITY default
SELECT dblink_exec('other', 'ROLLBACK');

SELECT dblink_disconnect('other');

-- Values that a λ does not decode, and columns that rows do not have yet.
CREATE TABLE odd (id integer, t text, n numeric);
INSERT INTO odd SELECT i, repeat('x', 100), i FROM generate_series(1, 200) i;
INSERT INTO odd SELECT 300, string_agg(md5(i::text), ''), 1 FROM generate_series(1, 500) i;
INSERT INTO odd SELECT 301, repeat('x', 5000), 1e-70;
VACUUM odd;
CHECKPOINT;
SELECT pages('SELECT id FROM odd WHERE t LIKE ''%xy''');
SELECT pages('SELECT id FROM odd WHERE n < 1');
SELECT id FROM odd WHERE t LIKE '%xxx' AND id > 195;
SELECT id FROM odd WHERE n < 1;
ALTER TABLE odd ADD COLUMN late integer DEFAULT 9;
SELECT pages('SELECT id FROM odd WHERE late = 9');
SELECT count(*) FROM odd WHERE late = 9;
