// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What scans by λs did, summed up for each table by this backend: the view
 * lambda_stat_scans.
 */
#include "pg_lambda.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct StatKey
{
	Oid			database;
	Oid			relid;
} StatKey;

typedef struct StatEntry
{
	StatKey		key;			/* has to be first */
	PglStats	stats;
} StatEntry;

#define STAT_COLUMNS 11

static HTAB *stat_table;

PG_FUNCTION_INFO_V1(lambda_stat_scans);
PG_FUNCTION_INFO_V1(lambda_stat_scans_reset);

void
pgl_stat_init(void)
{
	HASHCTL		ctl = {
		.keysize = sizeof(StatKey),
		.entrysize = sizeof(StatEntry),
		.hcxt = TopMemoryContext,
	};

	stat_table = hash_create("pg_lambda statistics", 64, &ctl,
							 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* PostgreSQL's own figures have what λs did as well: a scan, its rows, its blocks. */
static void
stat_add_to_relation(Relation rel, const PglStats *stats)
{
	if (!pgstat_should_count_relation(rel))
		return;
	rel->pgstat_info->t_counts.t_numscans += stats->scans;
	rel->pgstat_info->t_counts.t_tuples_returned += stats->rows_seen;
	rel->pgstat_info->t_counts.t_blocks_fetched += stats->pages;
}

/* Blocks that no λ has done are no scan of their own. */
HeapTuple
pgl_stat_ordinary(PglReader *reader)
{
	PgStat_TableStatus *info = pgstat_should_count_relation(reader->rel) ?
		reader->rel->pgstat_info : NULL;
	PgStat_Counter scans = info ? info->t_counts.t_numscans : 0;
	HeapTuple	tuple = pgl_reader_ordinary(reader);

	if (info != NULL)
		info->t_counts.t_numscans = scans;
	return tuple;
}

void
pgl_stats_add(PglStats *to, const PglStats *from)
{
	uint64	   *sum = (uint64 *) to;
	const uint64 *more = (const uint64 *) from;

	for (int i = 0; i < sizeof(*to) / sizeof(uint64); i++)
		sum[i] += more[i];
}

/* Of a scan that is over. PostgreSQL's figures have had those of workers already. */
void
pgl_stat_add(const PglReader *reader)
{
	StatKey		key = {.database = MyDatabaseId,.relid = RelationGetRelid(reader->rel)};
	bool		found;
	PglStats	total;
	StatEntry  *entry;

	pgl_parallel_total(reader, &total);
	if (total.scans == 0)
		return;
	entry = hash_search(stat_table, &key, HASH_ENTER, &found);
	if (!found)
		memset(&entry->stats, 0, sizeof(entry->stats));
	pgl_stats_add(&entry->stats, &total);
	stat_add_to_relation(reader->rel, &reader->stats);
}

static void
stat_put(ReturnSetInfo *info, const StatEntry *entry)
{
	const PglStats *stats = &entry->stats;
	Datum		values[STAT_COLUMNS];
	bool		nulls[STAT_COLUMNS] = {false};
	uint64		declined = 0;
	int			i = 0;

	for (int reason = 0; reason < PGL_REASONS; reason++)
		declined += stats->declined[reason];
	values[i++] = ObjectIdGetDatum(entry->key.relid);
	values[i++] = Int64GetDatum(stats->scans);
	values[i++] = Int64GetDatum(stats->requests[PGL_SIDE_HOST]);
	values[i++] = Int64GetDatum(stats->requests[PGL_SIDE_DEVICE]);
	values[i++] = Int64GetDatum(stats->requests[PGL_SIDE_PROCESS]);
	values[i++] = Int64GetDatum(stats->pages);
	values[i++] = Int64GetDatum(declined);
	values[i++] = Int64GetDatum(stats->rows_seen);
	values[i++] = Int64GetDatum(stats->bytes_read);
	values[i++] = Int64GetDatum(stats->bytes_out);
	values[i++] = Float8GetDatum(stats->ns / 1e6);
	tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
}

Datum
lambda_stat_scans(PG_FUNCTION_ARGS)
{
	HASH_SEQ_STATUS seq;
	StatEntry  *entry;

	InitMaterializedSRF(fcinfo, 0);
	hash_seq_init(&seq, stat_table);
	while ((entry = hash_seq_search(&seq)) != NULL)
	{
		if (entry->key.database == MyDatabaseId)
			stat_put((ReturnSetInfo *) fcinfo->resultinfo, entry);
	}
	return (Datum) 0;
}

Datum
lambda_stat_scans_reset(PG_FUNCTION_ARGS)
{
	hash_destroy(stat_table);
	pgl_stat_init();
	PG_RETURN_VOID();
}
