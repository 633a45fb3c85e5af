-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- What writers.py works upon. Of account the balances have one sum, whatever is done;
-- of journal the amounts have the sum 0; of duty at least one row is busy.
CREATE EXTENSION pg_lambda;
CREATE TABLE account (
    id integer PRIMARY KEY, branch integer NOT NULL, balance bigint NOT NULL,
    rate numeric(9,2), note text) WITH (fillfactor = 90);
INSERT INTO account
    SELECT i, i % 10, 1000, i % 700 / 7.0, 'account ' || i || repeat(' x', i % 40)
    FROM generate_series(1, 20000) i;
CREATE SEQUENCE account_id START 20001;
CREATE TABLE journal (account integer, amount bigint);
CREATE TABLE duty (id integer PRIMARY KEY, busy boolean NOT NULL, pad text);
INSERT INTO duty SELECT i, i <= 2, repeat('y', 900) FROM generate_series(1, 200) i;

-- The rows of a question in one value, by the snapshot of the query that calls; a word
-- where there is none, as of a journal before its first row.
CREATE FUNCTION ask_off(question text) RETURNS text STABLE LANGUAGE plpgsql
SET lambda.side = off AS $$
DECLARE answer text;
BEGIN
    EXECUTE 'SELECT string_agg(x::text, '' '' ORDER BY x::text COLLATE "C") FROM (' ||
        question || ') x' INTO answer;
    RETURN coalesce(answer, 'no rows');
END $$;
CREATE FUNCTION ask_on(question text) RETURNS text STABLE LANGUAGE plpgsql
SET lambda.side = process SET lambda.always = on AS $$
DECLARE answer text;
BEGIN
    EXECUTE 'SELECT string_agg(x::text, '' '' ORDER BY x::text COLLATE "C") FROM (' ||
        question || ') x' INTO answer;
    RETURN coalesce(answer, 'no rows');
END $$;

CREATE FUNCTION transfer(a integer, b integer, x bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET balance = balance - x WHERE id = a;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE account SET balance = balance + x WHERE id = b;
    IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;
    INSERT INTO journal VALUES (a, -x), (b, x);
END $$;
-- Half of what an account has goes to a new one.
CREATE FUNCTION split(a integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE moved bigint;
BEGIN
    SELECT balance / 2 INTO moved FROM account WHERE id = a FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE account SET balance = balance - moved WHERE id = a;
    INSERT INTO account (id, branch, balance, note)
        VALUES (nextval('account_id'), a % 10, moved, 'of ' || a);
END $$;
-- An account goes, and what it has goes to another.
CREATE FUNCTION merge(a integer, b integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE moved bigint;
BEGIN
    IF a = b THEN RETURN; END IF;
    DELETE FROM account WHERE id = a RETURNING balance INTO moved;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE account SET balance = balance + moved WHERE id = b;
    IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;
END $$;
-- One leaves its duty if another one stays: only if what was read is as good as locked.
CREATE FUNCTION leave(first boolean, wait double precision) RETURNS void LANGUAGE plpgsql
SET lambda.side = process SET lambda.always = on AS $$
DECLARE n integer; least integer; most integer;
BEGIN
    EXECUTE 'SELECT count(*), min(id), max(id) FROM duty WHERE busy AND id > 0'
        INTO n, least, most;
    PERFORM pg_sleep(wait);
    IF n = 0 THEN RAISE EXCEPTION USING ERRCODE = 'L0001'; END IF;
    IF n >= 2 THEN
        UPDATE duty SET busy = false WHERE id = CASE WHEN first THEN least ELSE most END;
    ELSE
        UPDATE duty SET busy = true WHERE id = CASE WHEN first THEN 1 ELSE 200 END;
    END IF;
END $$;
VACUUM ANALYZE;
CHECKPOINT;
