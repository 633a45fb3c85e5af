-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- A cancelled query ends within its request: of the processor's time it takes little
-- more than until then, and the request alone would take half a second.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS dblink;
RESET client_min_messages;
SET lambda.side = process;
SET lambda.always = on;
SET lambda.interpret = on;
CREATE TABLE slow (i integer);
INSERT INTO slow SELECT * FROM generate_series(1, 226 * 256);
VACUUM slow;
CHECKPOINT;
CREATE FUNCTION spent(pid integer) RETURNS double precision LANGUAGE sql AS $$
    SELECT sum(split_part(s, ' ', 1)::bigint) / 1e6 FROM
    (SELECT pg_read_file('/proc/' || pid || '/schedstat') AS s) x $$;
CREATE FUNCTION question(tests integer) RETURNS text LANGUAGE sql AS $$
    SELECT 'SELECT count(*) FROM slow WHERE true' || string_agg(' AND i <> ' || -k, '')
    FROM generate_series(1, tests) k $$;
SELECT question(1000) AS question \gset

-- By time.
SELECT spent(pg_backend_pid()) AS spent \gset
SET statement_timeout = '200ms';
:question;
RESET statement_timeout;
SELECT spent(pg_backend_pid()) - :spent < 300 AS soon;

-- By another backend, which sees it run.
SELECT dblink_connect('other', format('dbname=%s host=%s port=%s user=%s', current_database(),
    split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'),
    current_user));
SELECT dblink_exec('other', 'SET lambda.side = process');
SELECT dblink_exec('other', 'SET lambda.always = on');
SELECT dblink_exec('other', 'SET lambda.interpret = on');
SELECT pid FROM dblink('other', 'SELECT pg_backend_pid()') AS t(pid integer) \gset
CREATE PROCEDURE await(pid integer, more double precision) LANGUAGE plpgsql AS $$
DECLARE
    begun double precision := spent(pid);
BEGIN
    WHILE spent(pid) < begun + more LOOP
        PERFORM pg_sleep(0.001);
    END LOOP;
END $$;
SELECT spent(:pid) AS spent \gset
SELECT dblink_send_query('other', :'question');
CALL await(:pid, 200);
SELECT pg_cancel_backend(:pid);
SELECT * FROM dblink_get_result('other') AS t(c bigint);
SELECT * FROM dblink_get_result('other') AS t(c bigint);
SELECT spent(:pid) - :spent < 300 AS soon;

-- An interrupt that cancels nothing has the request made again: nothing is lost.
SELECT * FROM dblink('other', 'SELECT lambda_stat_scans_reset()') AS t(r text);
SELECT dblink_send_query('other', question(100));
CALL await(:pid, 20);
SELECT pg_log_backend_memory_contexts(:pid);
SELECT * FROM dblink_get_result('other') AS t(c bigint);
SELECT * FROM dblink_get_result('other') AS t(c bigint);
SELECT * FROM dblink('other', 'SELECT requests_process, pages FROM lambda_stat_scans')
    AS t(requests bigint, pages bigint);

-- The end of a backend.
CREATE FUNCTION spends_until_end(pid integer) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    most double precision;
BEGIN
    LOOP
        most := spent(pid);
        PERFORM pg_sleep(0.001);
    END LOOP;
EXCEPTION WHEN undefined_file THEN
    RETURN coalesce(most, 0);	-- 0: before it was looked at
END $$;
SELECT spent(:pid) AS spent \gset
SELECT dblink_send_query('other', :'question');
CALL await(:pid, 200);
SELECT pg_terminate_backend(:pid);
SELECT spends_until_end(:pid) - :spent < 300 AS soon;
SELECT dblink_disconnect('other');
