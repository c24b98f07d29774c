/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The plan by which faults.c lets calls of a process fail: a file that process and test have mapped, so that the
 * test can change its mind while a confined daemon runs. tests/lib/faults.py writes it; the layout is
 * said there again.
 */

#include <stdatomic.h>
#include <stdint.h>

/* In the environment: the file with the plan; and the one with what failed flushes have lost. */
#define FAULTS_PLAN "FAULTS_PLAN"
#define FAULTS_LOST "FAULTS_LOST"

enum fault_kind {
	FAULT_NONE,
	FAULT_ALLOCATION,	/* malloc and its like, mmap */
	FAULT_READ,		/* from files */
	FAULT_WRITE,		/* to files, also what changes their length; with error 0: half is written */
	FAULT_FLUSH,		/* of files and directories */
	FAULT_OPEN,
	FAULT_NAME,		/* link, rename, unlink, mkdir */
	FAULT_DESCRIPTOR,	/* accept, and what makes pipes, sockets, events and files in memory */
	FAULT_SEND,		/* to a UNIX socket */
	FAULT_KINDS,
};

struct fault_plan {
	_Atomic uint32_t kind;	/* which fails; written last */
	uint32_t error;
	uint64_t first, count;	/* from that call on, so many */
	_Atomic uint64_t failed;	/* how many have */
	_Atomic uint64_t seen[FAULT_KINDS];	/* calls since it was written */
	char call[32];		/* the last that failed */
};

/*
 * A flush that fails loses what was written since the one before: the kernel may take the pages for clean, and
 * show them until it drops them. So each is written down as it was before, the latest first, and
 * comes back where the process asks for the pages to be dropped, or where the test has the power fail.
 */
struct fault_loss {
	uint64_t inode;		/* 0: it has come back already */
	uint64_t offset, length;	/* of the bytes that follow */
};
