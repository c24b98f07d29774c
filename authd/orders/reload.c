/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Settings that change while authd runs. Whoever orders it has read the files; what he does not
 * name has its default again. All of it is understood before any of it is in force.
 */

#include <string.h>

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/reply.h"
#include "base/log.h"

/* False with the refusal, or NULL where there is no memory for one. */
static bool take_value(struct options_live *l, const char *name, const json_t *value, json_t **ret)
{
	switch ((enum live_outcome)options_live_take(l, name, json_string_value(value))) {
	case LIVE_OK:
		return true;
	case LIVE_FIXED:
		*ret = reply_refused("the others take a restart",
				     "There is a setting that cannot change while authd runs.");
		return false;
	case LIVE_WRONG:
		*ret = reply_refused(NULL, "%s must be %s.", name, options_live_takes(name));
		return false;
	}
	return false;
}

static bool take_values(struct options_live *l, const char *name, const json_t *list, json_t **ret)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!take_value(l, name, json_array_get(list, i), ret))
			return false;
	return true;
}

static bool take_settings(struct options_live *l, const json_t *settings, json_t **ret)
{
	const char *name;
	json_t *list;

	json_object_foreach((json_t *)settings, name, list) {
		if (!take_values(l, name, list, ret))
			return false;
	}
	return true;
}

static json_t *say_changes(const char *const changed[], size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (!reply_add_item(&list, json_string(changed[i])))
			break;
	return reply_done("reload", json_pack("{s:o}", "changed", list));
}

bool order_reload_is_right(const struct order *o, json_t **ret)
{
	struct options_live next = OPTIONS_LIVE_DEFAULT;

	return take_settings(&next, o->values[MEMBER_SETTINGS], ret);
}

json_t *order_reload(struct order *o, struct change **ret)
{
	struct options_live next = OPTIONS_LIVE_DEFAULT;
	const char *changed[OPTIONS_LIVE];
	struct authd *a = o->authd;
	json_t *refusal = NULL;
	size_t n;

	if (!take_settings(&next, o->values[MEMBER_SETTINGS], &refusal))
		return refusal;
	n = options_live_changes(&a->live, &next, changed);
	for (size_t i = 0; i < n; i++)
		log_info("setting-changed key=%s uid=%u", changed[i], o->waiter.uid);
	a->live = next;
	limits_configure(a->limits, &next.limits);
	return say_changes(changed, n);
}
