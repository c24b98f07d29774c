/* SPDX-License-Identifier: Apache-2.0 */
#include "client/manage/manage.h"

#include <stdio.h>

#include "client/manage/management.h"

static const struct {
	enum manual_command command;
	int (*run)(struct management *m);
} commands[] = {
	{ COMMAND_BUCKET_LIST, bucket_list },	  { COMMAND_BUCKET_SHOW, bucket_show },
	{ COMMAND_BUCKET_DELETE, bucket_delete }, { COMMAND_UPLOADS_LIST, uploads_list },
	{ COMMAND_UPLOADS_ABORT, uploads_abort }, { COMMAND_BUCKET_QUOTA, bucket_quota },
	{ COMMAND_BUCKET_POLICY, bucket_policy }, { COMMAND_BUCKET_ACCESS, bucket_access },
	{ COMMAND_TENANT_QUOTA, tenant_quota },	  { COMMAND_TENANT_USAGE, tenant_usage },
	{ COMMAND_SCRUB, scrub },
};

bool manage_is_meant(const struct invocation *i)
{
	for (size_t n = 0; n < ARRAY_SIZE(commands); n++)
		if (commands[n].command == i->command)
			return true;
	return false;
}

/* Takes the answer. What stands in the way is in it, too, whatever else was done. */
static void print_answer(struct management *m, int outcome)
{
	json_t *all = json_pack("{s:b}", "ok", outcome == RUN_OK);

	if (outcome == RUN_STOPPED) {
		json_object_set_new(all, "error", json_string(m->why->error));
		if (m->why->hint[0])
			json_object_set_new(all, "hint", json_string(m->why->hint));
	}
	json_object_update(all, m->answer);
	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
	json_decref(m->answer);
}

int manage_run(const struct invocation *i, const volatile sig_atomic_t *stop, struct complaint *why)
{
	struct management m = { .invocation = i,
				.stop = stop,
				.why = why,
				.wants_json = i->options[OPTION_JSON] != NULL };
	size_t n = 0;
	int r;

	m.operator_socket =
		operator_socket(i->options[OPTION_OPERATOR_SOCKET], i->socket, m.beside);
	while (commands[n].command != i->command)
		n++;
	r = commands[n].run(&m);
	if (m.wants_json)
		print_answer(&m, r);
	return r;
}
