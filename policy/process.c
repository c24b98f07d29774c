/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/process.h"

static const char *const names[PROCESSES] = {
	[PROCESS_FRONTEND_WORKER] = "frontend-worker",
	[PROCESS_FRONTEND_PARENT] = "frontend-parent",
	[PROCESS_AUTHD] = "authd",
	[PROCESS_STORED] = "stored",
};

const char *process_name(enum process p)
{
	return names[p];
}
