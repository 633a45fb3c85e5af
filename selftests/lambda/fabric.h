/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The drive of drive.h once more, beyond a network that is this machine's own:
 * the kernel's target exports it as it is by NVMe over TCP, and its initiator
 * connects, by a link that can be cut. Nobody else may use the drive meanwhile.
 */
#ifndef LAMBDA_SELFTEST_FABRIC_H
#define LAMBDA_SELFTEST_FABRIC_H

#include "drive.h"

#define FABRIC_NQN	"nqn.2026-11.io.lambda:selftest"
#define FABRIC_CONFIG	MOUNTS "/config"
#define FABRIC_TARGET	FABRIC_CONFIG "/nvmet/subsystems/" FABRIC_NQN
#define FABRIC_PORT	FABRIC_CONFIG "/nvmet/ports/1"
#define FABRIC_LINK	FABRIC_PORT "/subsystems/" FABRIC_NQN
#define FABRIC_LOSS	5	/* s, after which a controller is given up */

/* What the initiator is told: to try each second, and for how many. */
#define FABRIC_OPTIONS							\
	"transport=tcp,traddr=127.0.0.1,trsvcid=4420,nqn=%s,"		\
	"hostnqn=%s-host,hostid=6c616d62-6461-4f00-8000-686f73740000,"	\
	"reconnect_delay=1,ctrl_loss_tmo=%d,keep_alive_tmo=30"

/* The initiator's controller, and its first disk. */
static int fabric_instance = -1;
static char fabric_disk[32];

static inline void fabric_put(const char *path, const char *text)
{
	if (!put_text(path, text))
		mount_failed(path);
}

/* Whether the target lets the initiator in. */
static inline void fabric_link(bool up)
{
	if (up ? symlink(FABRIC_TARGET, FABRIC_LINK) : unlink(FABRIC_LINK))
		mount_failed(FABRIC_LINK);
}

/* Here a disk would have one identifier twice; the target clears its own. */
static inline void fabric_export(void)
{
	char controller[32];

	if (mkdir(FABRIC_CONFIG, 0755) ||
	    mount("none", FABRIC_CONFIG, "configfs", 0, NULL) ||
	    mkdir(FABRIC_TARGET, 0755) || mkdir(FABRIC_PORT, 0755))
		mount_failed("a target of NVMe over TCP");
	drive_controller(drive_disk[0], controller, sizeof(controller));
	fabric_put(FABRIC_TARGET "/attr_allow_any_host", "1");
	fabric_put(FABRIC_TARGET "/passthru/device_path", controller);
	fabric_put(FABRIC_TARGET "/passthru/clear_ids", "1");
	fabric_put(FABRIC_TARGET "/passthru/enable", "1");
	fabric_put(FABRIC_PORT "/addr_trtype", "tcp");
	fabric_put(FABRIC_PORT "/addr_adrfam", "ipv4");
	fabric_put(FABRIC_PORT "/addr_traddr", "127.0.0.1");
	fabric_put(FABRIC_PORT "/addr_trsvcid", "4420");
	fabric_link(true);
}

/* Where an attribute of the initiator's controller is. */
static inline void fabric_path(const char *name, char *path, size_t len)
{
	snprintf(path, len, "/sys/class/nvme/nvme%d/%s", fabric_instance, name);
}

/* Waits until the controller is @state, or without one until it is gone. */
static inline bool fabric_becomes(const char *state, double seconds)
{
	double end = now() + seconds;
	char path[64], text[32];

	fabric_path("state", path, sizeof(path));
	do {
		drive_read_text(path, text, sizeof(text));
		if (!strncmp(text, state, strlen(state)) && !*state == !*text)
			return true;
		usleep(10000);
	} while (now() < end);
	return false;
}

/* Finds the first disk of the initiator's controller. */
static inline bool fabric_find(void)
{
	DIR *blocks = opendir("/sys/block");
	struct dirent *entry;
	char text[128];
	bool found = false;

	while (blocks && !found && (entry = readdir(blocks))) {
		drive_attribute(entry->d_name, "device/subsysnqn", text,
				sizeof(text));
		if (strncmp(text, FABRIC_NQN "\n", sizeof(FABRIC_NQN)))
			continue;
		drive_attribute(entry->d_name, "nsid", text, sizeof(text));
		/* Not a path of one, which has no node. */
		snprintf(fabric_disk, sizeof(fabric_disk), "/dev/%.20s",
			 entry->d_name);
		found = atoi(text) == 1 && !access(fabric_disk, F_OK);
	}
	if (blocks)
		closedir(blocks);
	return found;
}

static inline bool fabric_connect(void)
{
	int fd = open("/dev/nvme-fabrics", O_RDWR | O_CLOEXEC), i;
	char text[512] = "";

	snprintf(text, sizeof(text), FABRIC_OPTIONS, FABRIC_NQN, FABRIC_NQN,
		 FABRIC_LOSS);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 ||
	    read(fd, text, sizeof(text) - 1) < 0 ||
	    sscanf(text, "instance=%d", &fabric_instance) != 1)
		mount_failed("a connection to the target");
	close(fd);
	for (i = 0; i < 1000; i++, usleep(10000))
		if (fabric_find())
			return true;
	return false;
}

/* Where the controller is left, it is given up. */
static inline bool fabric_disconnect(void)
{
	char path[64];

	fabric_path("delete_controller", path, sizeof(path));
	put_text(path, "1");
	return fabric_becomes("", 10);
}

#endif /* LAMBDA_SELFTEST_FABRIC_H */
