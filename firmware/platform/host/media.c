// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Media with a volatile cache, and power that can be cut. */
#include <stdlib.h>

#include "host.h"

void fw_host_media_init(struct fw_host_media *m, u64 bytes)
{
	*m = (struct fw_host_media){ .bytes = bytes, .large = bytes,
				      .error = -1, .fail_in = -1,
				      .dies_in = -1 };
	m->now = calloc(1, bytes);
	m->durable = calloc(1, bytes);
	if (!m->now || !m->durable)
		abort();
}

static void fw_host_media_forget(struct fw_host_media *m)
{
	while (m->nr)
		free(m->writes[--m->nr].data);
}

void fw_host_media_fini(struct fw_host_media *m)
{
	fw_host_media_forget(m);
	free(m->writes);
	free(m->durable);
	free(m->now);
}

static int fw_host_media_error(struct fw_host_media *m, u64 at, u64 len)
{
	if (m->fail_in >= 0 && m->fail_in-- == 0)
		return m->error;
	if (!m->dies_in)
		return -1;
	if (m->dies_in > 0)
		m->dies_in--;
	return at > m->bytes || len > m->bytes - at ? -1 : 0;
}

int fw_host_media_read(struct fw_host_media *m, u64 at, void *buf, u32 len)
{
	int err = fw_host_media_error(m, at, len);

	if (err)
		return err;
	memcpy(buf, m->now + at, len);
	return 0;
}

static void fw_host_media_remember(struct fw_host_media *m,
				   struct fw_host_write w)
{
	if (m->nr == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		m->writes = realloc(m->writes, m->room * sizeof(w));
		if (!m->writes)
			abort();
	}
	m->writes[m->nr++] = w;
}

static void fw_host_media_put(u8 *image, u64 at, const u8 *data, u64 len)
{
	if (data)
		memcpy(image + at, data, len);
	else
		memset(image + at, 0, len);
}

int fw_host_media_write(struct fw_host_media *m, u64 at, const void *buf,
			u64 len)
{
	struct fw_host_write w = { .at = at, .len = len };
	int err = fw_host_media_error(m, at, len);

	if (err)
		return err;
	if (buf) {
		w.data = malloc(len);
		if (!w.data)
			abort();
		memcpy(w.data, buf, len);
	}
	fw_host_media_put(m->now, at, buf, len);
	fw_host_media_remember(m, w);
	return 0;
}

int fw_host_media_flush(struct fw_host_media *m)
{
	int err = fw_host_media_error(m, 0, 0);

	if (err)
		return err;
	m->flushes++;
	for (u32 i = 0; i < m->nr; i++)
		fw_host_media_put(m->durable, m->writes[i].at,
				  m->writes[i].data, m->writes[i].len);
	fw_host_media_forget(m);
	return 0;
}

/* Keeps a write in those sectors for which the generator says so. */
static void fw_host_media_tear(struct fw_host_media *m,
			       const struct fw_host_write *w,
			       u32 (*random)(void))
{
	u64 part, sector;

	for (u64 done = 0; done < w->len; done += part) {
		sector = w->at + done < m->large ? FW_HOST_SECTOR :
						   FW_HOST_SECTOR_LARGE;
		part = sector - (w->at + done) % sector;
		part = fw_min(part, w->len - done);
		if (random() & 1)
			fw_host_media_put(m->durable, w->at + done,
					  w->data ? w->data + done : NULL,
					  part);
	}
}

static void fw_host_media_swap(struct fw_host_write *a, struct fw_host_write *b)
{
	struct fw_host_write c = *a;

	*a = *b;
	*b = c;
}

void fw_host_media_cut(struct fw_host_media *m, u32 (*random)(void))
{
	for (u32 i = m->nr; i > 1; i--)
		fw_host_media_swap(&m->writes[i - 1], &m->writes[random() % i]);
	for (u32 i = 0; i < m->nr; i++) {
		const struct fw_host_write *w = &m->writes[i];

		switch (random() % 3) {
		case 0:
			break;
		case 1:
			fw_host_media_put(m->durable, w->at, w->data, w->len);
			break;
		case 2:
			fw_host_media_tear(m, w, random);
			break;
		}
	}
	for (u32 i = 0; i < m->nr; i++)
		memcpy(m->now + m->writes[i].at, m->durable + m->writes[i].at,
		       m->writes[i].len);
	fw_host_media_forget(m);
	m->dies_in = -1;
}
