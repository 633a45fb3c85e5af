// SPDX-License-Identifier: GPL-2.0-only
/* What the requests of a run did, where they ran, and why there. */
#include "cli.h"
#include "summary.h"

void summary_add(struct summary *sum, const struct lambda_io *io,
		 unsigned long long out)
{
	/* The one that met the end of the file ran no program. */
	if (!io->result.in_len)
		return;
	sum->requests++;
	sum->in_bytes += io->result.in_len;
	sum->out_bytes += out;
	sum->budget_used += io->result.budget_used;
	sum->helper_bytes += io->result.helper_bytes;
	sum->ns_media += io->result.ns_media;
	sum->ns_link += io->result.ns_link;
	sum->ns_compute += io->result.ns_compute;
	sum->bytes_media += io->result.bytes_media;
	sum->bytes_link += io->result.bytes_link;
	if (io->result.side < SUMMARY_SIDES && io->result.reason < SUMMARY_REASONS)
		sum->ran[io->result.side][io->result.reason]++;
	else
		sum->unknown++;
}

const char *summary_place(unsigned int side)
{
	switch (side) {
	case LAMBDA_SIDE_HOST:
		return "on the host";
	case LAMBDA_SIDE_DEVICE:
		return "in the device";
	case LAMBDA_SIDE_BOTH:
		return "on both sides";
	default:
		return "";
	}
}

const char *summary_reason(unsigned int reason)
{
	return lambda_reason_text(reason) ?:
	       "a reason that this command does not know";
}

static void summary_say_reasons(const struct summary *sum, unsigned int side)
{
	unsigned int i;

	for (i = 0; i < SUMMARY_REASONS; i++)
		if (sum->ran[side][i])
			complain(0, "%llu %s: %s", sum->ran[side][i],
				 summary_place(side), summary_reason(i));
}

void summary_say(const struct summary *sum, double seconds)
{
	complain(0,
		 "%llu request%s, %llu bytes in, %llu bytes out, %.6f s, of which %.6f s in the program",
		 sum->requests, sum->requests == 1 ? "" : "s", sum->in_bytes,
		 sum->answer_bytes, seconds, sum->ns_compute / 1e9);
	complain(0, "budget: %llu used; helpers went through %llu bytes",
		 sum->budget_used, sum->helper_bytes);
	summary_say_reasons(sum, LAMBDA_SIDE_BOTH);
	summary_say_reasons(sum, LAMBDA_SIDE_DEVICE);
	summary_say_reasons(sum, LAMBDA_SIDE_HOST);
	if (sum->unknown)
		complain(0,
			 "%llu elsewhere or for a reason that this command does not know",
			 sum->unknown);
	if (sum->bytes_media || sum->ns_media)
		complain(0, "file: %llu bytes, %.6f s", sum->bytes_media,
			 sum->ns_media / 1e9);
	if (sum->bytes_link || sum->ns_link)
		complain(0, "link to the drive: %llu bytes, %.6f s",
			 sum->bytes_link, sum->ns_link / 1e9);
}
