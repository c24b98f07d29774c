/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/backup.h"

#include <sodium.h>
#include <stdio.h>

#include "client/backup/archiver.h"

static const struct {
	enum manual_command command;
	int (*run)(struct archiver *a);
} commands[] = {
	{ COMMAND_TENANT_BACKUP, tenant_backup },
	{ COMMAND_TENANT_MOVE, tenant_move },
	{ COMMAND_TENANT_RESTORE, tenant_restore },
	{ COMMAND_TENANT_VERIFY, tenant_verify },
};

bool backup_is_meant(const struct invocation *i)
{
	for (size_t n = 0; n < ARRAY_SIZE(commands); n++)
		if (commands[n].command == i->command)
			return true;
	return false;
}

static void print_answer(const struct complaint *why, json_t *answer, int outcome)
{
	json_t *all = json_pack("{s:b}", "ok", outcome == RUN_OK);

	if (outcome == RUN_STOPPED) {
		json_object_set_new(all, "error", json_string(why->error));
		if (why->hint[0])
			json_object_set_new(all, "hint", json_string(why->hint));
	}
	json_object_update(all, answer);
	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
}

int backup_run(const struct invocation *i, const volatile sig_atomic_t *stop, struct complaint *why)
{
	json_t *answer = NULL;
	size_t n = 0;
	int r;

	if (sodium_init() < 0) {
		complain(why, 0, "cannot begin: no random numbers");
		return RUN_STOPPED;
	}
	while (commands[n].command != i->command)
		n++;
	r = archiver_run(i, stop, why, commands[n].run, &answer);
	if (i->options[OPTION_JSON])
		print_answer(why, answer, r);
	json_decref(answer);
	return r;
}
