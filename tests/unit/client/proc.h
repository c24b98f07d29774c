/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What looks like /proc in a scratch directory: the host is up for 100 s, and processes as a test says. */

#include "scratch.h"

#define CONFINED                                                                                   \
	"Name:\tcoffer-authd\nUid:\t7\t7\t7\t7\nGid:\t8\t8\t8\t8\nCapInh:\t0000000000000000\n"     \
	"CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"        \
	"CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"

static inline const char *ticks(uint64_t seconds, char buf[static 32])
{
	snprintf(buf, 32, "%llu", (unsigned long long)(seconds * (uint64_t)sysconf(_SC_CLK_TCK)));
	return buf;
}

static inline void put_process(int pid, const char *args, size_t args_len, const char *status,
			uint64_t started_s)
{
	char path[64], stat[256], start[32];
	FILE *f;

	snprintf(path, sizeof(path), "%d", pid);
	assert(mkdir(path, 0755) == 0 || access(path, F_OK) == 0);
	snprintf(path, sizeof(path), "%d/cmdline", pid);
	f = fopen(path, "w");
	assert(f && fwrite(args, 1, args_len, f) == args_len && fclose(f) == 0);
	snprintf(path, sizeof(path), "%d/status", pid);
	scratch_write(path, status, 0644);
	snprintf(path, sizeof(path), "%d/stat", pid);
	snprintf(stat, sizeof(stat), "%d (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %s 0\n",
		 pid, ticks(started_s, start));
	scratch_write(path, stat, 0644);
}

#define PUT(pid, args, status, started_s) put_process(pid, args, sizeof(args), status, started_s)

static inline void proc_begin(void)
{
	scratch_write("uptime", "100.50 1.0\n", 0644);
}
