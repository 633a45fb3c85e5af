// SPDX-License-Identifier: GPL-2.0-only
/* A line of the result, which has what COLUMNS says of a point. */
#include <inttypes.h>
#include <stdio.h>

#include "bench.h"

#define COLUMNS	"id,ns,bytes,out_bytes,hash,requests,host,device,both," \
		"profiled,ns_requests,ns_profiled,ns_longest,ns_p99,ns_media," \
		"ns_link,ns_compute,bytes_media,bytes_link,misses"

void row_print_columns(void)
{
	puts(COLUMNS);
	fflush(stdout);
}

static void row_print(const struct point *p, const struct outcome *t)
{
	size_t requests = p->count * p->rounds, k;

	printf("%s,%llu,%zu,%llu,%016" PRIx64 ",%zu,%llu,%llu,%llu,%llu",
	       p->id, t->ns, requests * p->size, t->out, t->hash, requests,
	       t->host, t->device, t->both, t->profiled);
	printf(",%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,",
	       t->ns_requests, t->ns_profiled, t->longest, t->p99, t->media,
	       t->link, t->compute, t->bytes_media, t->bytes_link);
	for (k = 0; k < t->misses.count; k++)
		printf("%d ", t->misses.permille[k]);
	putchar('\n');
	fflush(stdout);
}

int row_run(const struct point *p, const char *folder, const char *objects,
	    pthread_barrier_t *beside)
{
	static struct outcome outcome;
	int err = measure_point(p, folder, objects, beside, &outcome);

	if (!err)
		row_print(p, &outcome);
	return err;
}
