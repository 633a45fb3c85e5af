// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What EXPLAIN says of λs. */
#include "pg_lambda.h"

#include "nodes/makefuncs.h"
#include "rewrite/rewriteManip.h"
#include "utils/ruleutils.h"

const char *
pgl_reason_text(int reason)
{
	static const char *const text[] = {
		[PGL_DONE] = "none",
		[PGL_SKIPPED] = "skipped",
		[PGL_NOT_VISIBLE] = "not marked all-visible",
		[PGL_TOO_NEW] = "changed since",
		[PGL_LAYOUT] = "unknown layout",
		[PGL_TUPLE] = "rows not known to be visible",
		[PGL_ADDED] = "rows older than a column",
		[PGL_TOAST] = "toasted or compressed value",
		[PGL_NUMBER] = "number without short form",
		[PGL_RANGE] = "out of range",
		[PGL_KEY] = "too many groups",
		[PGL_ROOM] = "no room for its rows",
		[PGL_CHECKSUM] = "another checksum",
		[PGL_DIRTY] = "dirty buffer",
		[PGL_MAP] = "not in the visibility map",
		[PGL_REDONE] = "left the visibility map",
		[PGL_FAILED] = "no result",
		[PGL_UNFIT] = "not for a λ this time",
	};

	return text[reason];
}

/* Conditions, with the names of the table's columns. */
static char *
explain_exprs(List *exprs, Index varno, Relation rel)
{
	Node	   *node = (Node *) make_ands_explicit(copyObject(exprs));

	ChangeVarNodes(node, varno, 1, 0);
	return deparse_expression(node,
							  deparse_context_for(RelationGetRelationName(rel),
												  RelationGetRelid(rel)),
							  false, false);
}

static void
explain_notes(ExplainState *es, List *notes)
{
	List	   *texts = NIL;
	ListCell   *lc;

	foreach(lc, notes)
		texts = list_append_unique(texts, lfirst(lc));
	notes = NIL;
	foreach(lc, texts)
		notes = lappend(notes, strVal(lfirst(lc)));
	if (notes != NIL)
		ExplainPropertyList("Not Pushed Down", notes, es);
}

static void
explain_declined(ExplainState *es, const PglStats *stats)
{
	List	   *texts = NIL;

	for (int i = 0; i < PGL_REASONS; i++)
	{
		if (stats->declined[i] > 0)
			texts = lappend(texts, psprintf(UINT64_FORMAT " %s",
											stats->declined[i],
											pgl_reason_text(i)));
	}
	if (texts != NIL)
		ExplainPropertyList("Pages Declined", texts, es);
}

static void
explain_requests(ExplainState *es, const PglStats *stats)
{
	for (int i = 0; i < PGL_SIDE_OFF; i++)
	{
		char		name[64];

		if (stats->requests[i] == 0)
			continue;
		snprintf(name, sizeof(name), "Requests (%s)", pgl_side_text(i));
		ExplainPropertyUInteger(name, NULL, stats->requests[i], es);
	}
}

/* Which column is looked for among the keys of a join. */
void
pgl_explain_key(ExplainState *es, Relation rel, int key)
{
	if (key > 0)
		ExplainPropertyText("Key of Join",
							NameStr(TupleDescAttr(RelationGetDescr(rel),
												  key - 1)->attname), es);
}

static void
explain_stats(ExplainState *es, const PglStats *stats)
{
	explain_requests(es, stats);
	ExplainPropertyUInteger("Pages by λ", NULL, stats->pages, es);
	explain_declined(es, stats);
	ExplainPropertyUInteger("Rows Seen by λ", NULL, stats->rows_seen, es);
	ExplainPropertyUInteger("Bytes Read", NULL, stats->bytes_read, es);
	ExplainPropertyUInteger("Bytes Put Out", NULL, stats->bytes_out, es);
	if (es->timing)
		ExplainPropertyFloat("λ Time", "ms", stats->ns / 1e6, 3, es);
}

/* As PostgreSQL has it of sorts: a line of text for each worker. */
static void
explain_worker_text(ExplainState *es, int worker, const PglStats *stats)
{
	uint64		declined = 0;

	for (int i = 0; i < PGL_REASONS; i++)
		declined += stats->declined[i];
	appendStringInfoSpaces(es->str, es->indent * 2);
	appendStringInfo(es->str, "Worker %d:  Pages by λ: " UINT64_FORMAT, worker,
					 stats->pages);
	if (declined > 0)
		appendStringInfo(es->str, "  Pages Declined: " UINT64_FORMAT, declined);
	appendStringInfo(es->str, "  Rows Seen by λ: " UINT64_FORMAT,
					 stats->rows_seen);
	if (es->timing)
		appendStringInfo(es->str, "  λ Time: %.3f ms", stats->ns / 1e6);
	appendStringInfoChar(es->str, '\n');
}

static void
explain_worker(ExplainState *es, int worker, const PglStats *stats)
{
	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		explain_worker_text(es, worker, stats);
		return;
	}
	ExplainOpenGroup("Worker", NULL, true, es);
	ExplainPropertyInteger("Worker Number", NULL, worker, es);
	explain_stats(es, stats);
	ExplainCloseGroup("Worker", NULL, true, es);
}

/* What each worker did; the rest is what the leader did. */
static void
explain_workers(ExplainState *es, const PglReader *reader)
{
	if (!es->verbose || reader->workers == 0)
		return;
	ExplainOpenGroup("λ of Workers", "λ of Workers", false, es);
	for (int i = 0; i < reader->workers; i++)
	{
		if (reader->worker[i].scans > 0)
			explain_worker(es, i, &reader->worker[i]);
	}
	ExplainCloseGroup("λ of Workers", "λ of Workers", false, es);
}

void
pgl_explain(ExplainState *es, const PglReader *reader, List *notes,
			List *pushed, Index varno)
{
	PglStats	total;

	if (pushed != NIL)
		ExplainPropertyText("Pushed Down",
							explain_exprs(pushed, varno, reader->rel), es);
	explain_notes(es, notes);
	ExplainPropertyText("Side", pgl_side_text(pgl_side), es);
	if (!es->analyze)
		return;
	/* A worker that shares no blocks with others has nowhere to say what it did. */
	pgl_parallel_total(reader, &total);
	if (total.scans == 0)
		return;
	explain_stats(es, &total);
	explain_workers(es, reader);
}
