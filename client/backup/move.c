/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tenant move: to another Coffer of this host, by a backup that is sealed to it. Here nothing of the tenant
 * goes before all of it is there, and there it serves nobody before it has begun to go here: so at no moment
 * do both take anything. Interrupted, the same command goes on.
 */

#include <stdio.h>
#include <string.h>

#include "client/backup/archiver.h"
#include "client/backup/identities.h"
#include "client/departure.h"

struct move {
	struct archiver *a;
	struct invocation here, there;
	char key[RECIPIENT_TEXT_SIZE]; /* of there */
};

/* --- asking either ---------------------------------------------------------------------------- */

static int ask(struct move *m, const struct invocation *whom, json_t *request, json_t **ret)
{
	struct archiver asks = { .invocation = whom, .why = m->a->why };

	return archiver_ask(&asks, request, ret);
}

static int order(struct move *m, const struct invocation *whom, const char *what)
{
	json_t *answer = NULL;
	int r = ask(m, whom, json_pack("{s:s, s:s}", "do", what, "name", m->here.operand), &answer);

	json_decref(answer);
	return r;
}

/* Its state, and NULL where it is not there or is about to go. The caller's. */
static int find(struct move *m, const struct invocation *whom, json_t **ret)
{
	struct archiver asks = { .invocation = whom, .why = m->a->why };
	int r = archiver_find_tenant(&asks, m->here.operand, ret);
	const char *state = json_string_value(json_object_get(r == 0 ? *ret : NULL, "state"));

	if (state && strcmp(state, "deleting") == 0) {
		json_decref(*ret);
		*ret = NULL;
	}
	return r;
}

static bool is_suspended(const json_t *tenant)
{
	const char *state = json_string_value(json_object_get(tenant, "state"));

	return state && strcmp(state, "suspended") == 0;
}

static int ask_for_key(struct move *m, const struct invocation *whom,
		       char ret[static RECIPIENT_TEXT_SIZE])
{
	json_t *answer = NULL;
	const char *text;
	int r = ask(m, whom, json_pack("{s:s}", "do", "host.key"), &answer);

	text = json_string_value(json_object_get(json_object_get(answer, "host"), "key"));
	if (r == 0 && (!text || snprintf(ret, RECIPIENT_TEXT_SIZE, "%s", text) >= (int)RECIPIENT_TEXT_SIZE))
		r = complain(m->a->why, -EPROTO, "authd's answer is not understood");
	json_decref(answer);
	return r;
}

/* --- the steps -------------------------------------------------------------------------------- */

static int step(struct move *m, const struct invocation *how, int (*run)(struct archiver *a))
{
	json_t *answer = NULL;
	int r = archiver_run(how, m->a->stop, m->a->why, run, &answer);

	json_decref(answer);
	return r == RUN_OK ? 0 : -ECANCELED;
}

static int refuse_other(struct move *m)
{
	complain(m->a->why, -EEXIST, "the other Coffer has a tenant %s already", m->here.operand);
	complaint_hint(m->a->why, "nothing was done");
	return -EEXIST;
}

static int let_go(struct move *m, const struct invocation *whom, bool with_data)
{
	json_t *request = json_pack("{s:s, s:s, s:b}", "do", "tenant.delete", "name",
				    m->here.operand, "data", with_data),
	       *answer = NULL;
	struct admin admin;
	int r = admin_open(whom->socket, &admin, m->a->why);

	if (r == 0) {
		r = admin_call(&admin, request, &answer, m->a->why);
		/* With data it takes long, and goes on by itself. */
		if (r == ADMIN_OK && !with_data)
			r = departure_wait(&admin, answer, m->a->why);
		admin_close(&admin);
	}
	json_decref(request);
	json_decref(answer);
	return r == ADMIN_REFUSED ? -EACCES : r;
}

/*
 * One that serves there is another's, or has gone on meanwhile; but one that nothing has come to yet is
 * what an interrupted run has made, and goes.
 */
static int clear_the_way(struct move *m, const json_t *here)
{
	_cleanup_(json_decrefp) json_t *there = NULL, *shown = NULL;
	int r = find(m, &m->there, &there);

	if (r < 0 || !there || is_suspended(there))
		return r;
	if (!json_equal(json_object_get(here, "canonical_id"), json_object_get(there, "canonical_id")))
		return refuse_other(m);
	r = ask(m, &m->there,
		json_pack("{s:s, s:s}", "do", "tenant.show", "name", m->here.operand), &shown);
	if (r < 0)
		return r;
	if (!archiver_is_nobodys(shown))
		return refuse_other(m);
	return let_go(m, &m->there, false);
}

static int look_around(struct move *m, json_t **ret_here)
{
	char own[RECIPIENT_TEXT_SIZE];
	int r = ask_for_key(m, &m->there, m->key);

	if (r == 0)
		r = ask_for_key(m, &m->here, own);
	if (r == 0 && strcmp(own, m->key) == 0)
		return complain(m->a->why, -EINVAL, "--to-socket is of this Coffer itself");
	if (r == 0)
		r = find(m, &m->here, ret_here);
	return r == 0 && *ret_here ? clear_the_way(m, *ret_here) : r;
}

static int compare(struct move *m)
{
	static const char *const counts[] = { "users", "keys", "tokens" };
	const struct invocation *const both[] = { &m->here, &m->there };
	json_int_t n[2][ARRAY_SIZE(counts)];

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		json_t *answer = NULL;
		int r = ask(m, both[i],
			    json_pack("{s:s, s:s}", "do", "tenant.show", "name", m->here.operand), &answer);

		for (size_t k = 0; r == 0 && k < ARRAY_SIZE(counts); k++)
			n[i][k] = json_integer_value(
				json_object_get(json_object_get(answer, "tenant"), counts[k]));
		json_decref(answer);
		if (r < 0)
			return r;
	}
	if (memcmp(n[0], n[1], sizeof(n[0])) == 0)
		return 0;
	complain(m->a->why, -EBADMSG, "the other Coffer has not as many users, keys and tokens of %s",
		 m->here.operand);
	complaint_hint(m->a->why, "it is suspended at both; look at both, and delete one");
	return -EBADMSG;
}

/* Here it is gone already: what is there must be what the backup is of. */
static int go_on_there(struct move *m)
{
	_cleanup_(json_decrefp) json_t *there = NULL;
	struct archiver *a = m->a;
	const char *id;
	int r = find(m, &m->there, &there);

	if (r == 0 && !there)
		return complain(a->why, -ENOENT, "There is no tenant %s.", m->here.operand);
	if (r == 0)
		r = vault_open(m->here.second, false, &a->vault, a->why);
	if (r == 0)
		r = manifest_read(a->vault.root_fd, &a->manifest, a->why);
	id = json_string_value(json_object_get(there, "canonical_id"));
	if (r == 0 && (!id || strcmp(id, a->manifest.canonical_id) != 0))
		r = complain(a->why, -EEXIST, "the tenant %s of the other Coffer is not the one of %s",
			     m->here.operand, m->here.second);
	return r == 0 ? order(m, &m->there, "tenant.resume") : r;
}

static int move_all(struct move *m)
{
	_cleanup_(json_decrefp) json_t *here = NULL;
	int r = look_around(m, &here);

	if (r == 0 && !here)
		return go_on_there(m);
	if (r == 0 && !is_suspended(here))
		r = step(m, &m->here, tenant_backup);
	if (r == 0)
		r = order(m, &m->here, "tenant.suspend");
	if (r == 0)
		r = step(m, &m->here, tenant_backup);
	if (r == 0)
		r = step(m, &m->there, tenant_restore);
	if (r == 0)
		r = compare(m);
	if (r == 0)
		r = let_go(m, &m->here, true);
	return r == 0 ? order(m, &m->there, "tenant.resume") : r;
}

int tenant_move(struct archiver *a)
{
	struct move m = { .a = a, .here = *a->invocation, .there = *a->invocation };
	int r;

	m.here.options[OPTION_TO_HOST] = m.key;
	m.there.socket = a->invocation->options[OPTION_TO_SOCKET];
	m.there.operand = a->invocation->second;
	m.there.second = NULL;
	m.there.options[OPTION_OPERATOR_SOCKET] = NULL;
	m.there.options[OPTION_SUSPENDED] = "";
	r = move_all(&m);
	if (r < 0)
		return RUN_STOPPED;
	a->answer = json_pack("{s:s}", "tenant", m.here.operand);
	if (!a->invocation->options[OPTION_JSON])
		printf("moved %s: it is served there; here its data is being deleted\n", m.here.operand);
	return RUN_OK;
}
