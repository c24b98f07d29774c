/* SPDX-License-Identifier: Apache-2.0 */
#include "client/manage/eraser.h"

#include "base/clock.h"

_Static_assert(ERASER_WINDOW < OPERATOR_UNDER_WAY_MAX,
	       "each asks one thing at a time, and the list");

struct eraser;

/* One that is to go. */
struct victim {
	struct operator_call call; /* first */
	struct eraser *eraser;
	bool taken;
	uint64_t size;
	uint64_t due_ns; /* not to be asked for before */
	unsigned int times, attempts;
	size_t key_len, upload_id_len;
	uint8_t key[S3_KEY_MAX];
	char upload_id[LISTER_UPLOAD_ID_MAX];
};

struct eraser {
	struct manager *manager;
	const struct eraser_config *config;
	struct tally *tally;
	struct lister lister;
	struct victim victims[ERASER_WINDOW];
	size_t n_taken;
};

/* --- one ------------------------------------------------------------------------------------- */

static struct span key_of(const struct victim *v)
{
	return (struct span){ v->key, v->key_len };
}

static void let_go(struct victim *v)
{
	v->taken = false;
	v->eraser->n_taken--;
}

/* Whoever else ended it; unless it was us, and the answer got lost. */
static void take_missing(struct victim *v)
{
	if (v->times > 1)
		tally_done(v->eraser->tally, v->size);
	let_go(v);
}

static void take_failed(struct victim *v, enum s3_error e)
{
	if (operator_may_retry(e, &v->attempts, &v->due_ns))
		return;
	if (e == S3_ERROR_NO_SUCH_UPLOAD) {
		take_missing(v);
		return;
	}
	tally_failed(v->eraser->tally, key_of(v), "%s", s3_errors[e].message);
	let_go(v);
}

static void heard(struct operator_call *c, const struct ipc_message *m, int *fd)
{
	struct victim *v = (struct victim *)c;

	if (m && m->number == IPC_FAILED) {
		take_failed(v, operator_error(&m->failed));
	} else if (m && m->number == IPC_DONE) {
		tally_done(v->eraser->tally, v->size);
		let_go(v);
	}
}

static int ask(struct victim *v)
{
	const struct eraser *e = v->eraser;
	bool is_upload = e->config->of == LISTER_UPLOADS;
	struct s3_request r = {
		.operation = is_upload ? S3_ABORT_MULTIPART_UPLOAD : S3_DELETE_OBJECT,
		.bucket = e->config->bucket,
		.key = key_of(v),
	};

	if (is_upload)
		r.params[S3_PARAM_UPLOAD_ID] = (struct span){ v->upload_id, v->upload_id_len };
	v->times++;
	return operator_ask(&e->manager->stored, &v->call, &r, SPAN_NONE);
}

static int ask_if_due(struct victim *v)
{
	if (!v->taken || v->call.number || clock_boottime_ns() < v->due_ns)
		return 0;
	return ask(v);
}

/* --- the window ------------------------------------------------------------------------------ */

static struct victim *find_room(struct eraser *e)
{
	for (size_t i = 0; i < ERASER_WINDOW; i++)
		if (!e->victims[i].taken)
			return &e->victims[i];
	return NULL;
}

static void take(struct eraser *e, struct victim *v, const struct answer *a)
{
	*v = (struct victim){
		.call.heard = heard,
		.eraser = e,
		.taken = true,
		.size = a->size == ANSWER_ABSENT ? 0 : a->size,
		.key_len = a->key.len,
		.upload_id_len = MIN(a->upload_id.len, sizeof(v->upload_id)),
	};
	memcpy(v->key, a->key.data, v->key_len);
	if (v->upload_id_len)
		memcpy(v->upload_id, a->upload_id.data, v->upload_id_len);
	e->n_taken++;
}

static bool is_meant(const struct eraser *e, const struct answer *a)
{
	return e->config->of != LISTER_UPLOADS || a->created < e->config->before_ns;
}

static int fill(struct eraser *e)
{
	struct victim *v;
	struct answer a;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ERASER_WINDOW; i++)
		r = ask_if_due(&e->victims[i]);
	while (r == 0 && (v = find_room(e)) && !manager_is_to_stop(e->manager) &&
	       lister_next(&e->lister, &a))
		if (is_meant(e, &a)) {
			take(e, v, &a);
			r = ask(v);
		}
	if (r == 0)
		r = lister_ask(&e->lister);
	return r;
}

/* --- all ------------------------------------------------------------------------------------- */

static bool is_over(const struct eraser *e)
{
	bool no_more =
		lister_is_through(&e->lister) || e->lister.error || manager_is_to_stop(e->manager);

	return no_more && !e->n_taken;
}

static int erase(struct eraser *e)
{
	int r = 0;

	while (r == 0 && !is_over(e)) {
		if (operator_is_open(&e->manager->stored))
			r = fill(e);
		if (r < 0)
			return complain_errno(e->manager->why, r, "cannot speak to stored");
		if (!operator_is_open(&e->manager->stored))
			progress_hide(&e->tally->progress);
		r = manager_step(e->manager);
		progress_tick(&e->tally->progress);
	}
	return r;
}

int eraser_run(struct manager *m, const struct eraser_config *c, struct tally *t,
	       enum s3_error *ret)
{
	struct eraser *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return complain_errno(m->why, -ENOMEM, "cannot begin");
	e->manager = m;
	e->config = c;
	e->tally = t;
	lister_init(&e->lister, &m->stored, c->of, c->bucket, SPAN_NONE);
	r = erase(e);
	t->interrupted = manager_is_to_stop(m);
	if (r == 0)
		*ret = e->lister.error;
	for (size_t i = 0; i < ERASER_WINDOW; i++)
		operator_cancel(&m->stored, &e->victims[i].call);
	lister_clear(&e->lister);
	free(e);
	return r;
}
