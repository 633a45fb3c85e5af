-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
\echo Use "CREATE EXTENSION pg_lambda" to load this file. \quit

CREATE FUNCTION lambda_stat_scans(
    OUT relid oid,
    OUT scans bigint,
    OUT requests_host bigint,
    OUT requests_device bigint,
    OUT requests_process bigint,
    OUT pages bigint,
    OUT pages_declined bigint,
    OUT rows_seen bigint,
    OUT bytes_read bigint,
    OUT bytes_out bigint,
    OUT lambda_ms double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE FUNCTION lambda_stat_scans_reset() RETURNS void
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

-- What scans by λs did in this session, for each table.
CREATE VIEW lambda_stat_scans AS
    SELECT s.relid::regclass AS relation, s.scans, s.requests_host,
           s.requests_device, s.requests_process, s.pages, s.pages_declined,
           s.rows_seen, s.bytes_read, s.bytes_out, s.lambda_ms
    FROM lambda_stat_scans() s;
