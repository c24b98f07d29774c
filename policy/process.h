/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The kinds of process that Coffer confines, each with rules of its own in policy/rules.h. */

enum process {
	PROCESS_FRONTEND_WORKER = 0,
	PROCESS_FRONTEND_PARENT,
	PROCESS_AUTHD,
	PROCESS_STORED,
	PROCESSES,
};

/* "frontend-worker" and so on. */
const char *process_name(enum process p);
