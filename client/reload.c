/* SPDX-License-Identifier: Apache-2.0 */
#include "client/reload.h"

#include <string.h>

#include "client/config.h"
#include "client/sight.h"

const char *reload_config(const char *socket, char buf[static PATH_MAX])
{
	char name[NAME_MAX + 1];

	if (config_service_of(socket, name))
		snprintf(buf, PATH_MAX, "/etc/%s/coffer.conf", name);
	else
		snprintf(buf, PATH_MAX, "%s", CONFIG_FILE);
	return buf;
}

/* --- what holds --------------------------------------------------------------------------- */

struct holding {
	const char *v[SETTING_TIMES_MAX];
	size_t n;
};

static struct holding what_holds(const struct values *v, enum setting s)
{
	struct holding h = { .n = v->of[s].n };

	for (size_t i = 0; i < h.n; i++)
		h.v[i] = v->of[s].v[i].text;
	if (!h.n && settings[s].fallback)
		h.v[h.n++] = settings[s].fallback;
	return h;
}

static json_t *list_of(const struct holding *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->n; i++)
		if (json_array_append_new(list, json_string(h->v[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *reload_settings(const struct values *v)
{
	json_t *all = json_object();

	for (enum setting s = 0; s < SETTINGS; s++) {
		struct holding h = what_holds(v, s);

		if (!settings[s].live)
			continue;
		if (json_object_set_new(all, settings[s].key, list_of(&h)) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

/* --- what is run with --------------------------------------------------------------------- */

static struct holding what_it_has(const struct process *p, enum setting s)
{
	struct holding h = { 0 };
	const char *at = NULL;
	char option[64];

	snprintf(option, sizeof(option), "--%s", settings[s].key);
	while (h.n < SETTING_TIMES_MAX && (at = process_argument(p, option, at)))
		h.v[h.n++] = at;
	return h;
}

static bool are_same(const struct holding *a, const char *const b[], size_t n_b)
{
	if (a->n != n_b)
		return false;
	for (size_t i = 0; i < n_b; i++)
		if (strcmp(a->v[i], b[i]) != 0)
			return false;
	return true;
}

/* `coffer up` names first whoever started it without being root: no file says that. */
static bool runs_with(const struct process *p, enum setting s, const struct holding *wanted)
{
	struct holding has = what_it_has(p, s);

	return are_same(wanted, has.v, has.n) ||
	       (s == SETTING_ADMIN_UID && has.n && are_same(wanted, has.v + 1, has.n - 1));
}

static bool needs_restart(const struct values *v, enum setting s, const struct sight *seen)
{
	struct holding wanted = what_holds(v, s);

	for (enum daemon d = 0; d < DAEMONS; d++)
		if ((settings[s].daemons & daemons[d].setting) && seen->is_seen[d] &&
		    !runs_with(&seen->process[d], s, &wanted))
			return true;
	return false;
}

static json_t *list_restarts(const struct values *v, const struct sight *seen)
{
	json_t *list = json_array();

	for (enum setting s = 0; s < SETTINGS; s++)
		if (!settings[s].live && needs_restart(v, s, seen) &&
		    json_array_append_new(list, json_string(settings[s].key)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *reload_restarts(const struct values *v, const json_t *status, json_t **ret_unseen)
{
	json_t *unseen = json_array();
	struct sight seen;

	sight_take(status, PROCESS_PROC, &seen);
	for (enum daemon d = 0; d < DAEMONS; d++)
		if (!seen.is_seen[d])
			json_array_append_new(unseen, json_string(daemons[d].name));
	*ret_unseen = unseen;
	return list_restarts(v, &seen);
}
