/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/audit/audit.h"

#include <sodium.h>
#include <stdio.h>

#include "authd/authd.h"
#include "base/clock.h"
#include "base/log.h"
#include "s3/date.h"
#include "s3/encoding.h"

bool audit_place_parse(const char *text, enum audit_place *ret)
{
	if (strcmp(text, "file") && strcmp(text, "journal"))
		return false;
	*ret = strcmp(text, "file") ? AUDIT_JOURNAL : AUDIT_FILE;
	return true;
}

/* --- life --------------------------------------------------------------------------------- */

int audit_open(struct audit *a, struct authd *authd, enum audit_place place, const char *directory)
{
	static const struct auditfile_limits orders = { AUDIT_FILE_BYTES, AUDIT_ORDERS_FILES };
	static const struct auditfile_limits queries = { AUDIT_FILE_BYTES, AUDIT_QUERIES_FILES };
	static const struct auditfile_limits denials = { AUDIT_FILE_BYTES, AUDIT_DENIALS_FILES };
	int r;

	*a = (struct audit){ .authd = authd };
	if (place == AUDIT_JOURNAL)
		return 0;
	r = auditfile_open(directory, "audit", &orders, &a->orders);
	if (r == 0)
		r = auditfile_open(directory, "queries", &queries, &a->queries);
	if (r == 0)
		r = auditfile_open(directory, "denials", &denials, &a->denials);
	if (r == 0 && auditfile_has_failed(a->orders))
		log_error("audit-failed path=%s orders=none",
			  LOG_VALUE(span_from_string(directory)));
	if (r < 0)
		log_error("audit-unusable path=%s error=%s", LOG_VALUE(span_from_string(directory)),
			  strerrorname_np(-r));
	return r;
}

void audit_close(struct audit *a)
{
	a->orders = auditfile_close(a->orders);
	a->queries = auditfile_close(a->queries);
	a->denials = auditfile_close(a->denials);
}

const char *audit_make_id(char buf[static AUDIT_ID_SIZE])
{
	uint8_t random[(AUDIT_ID_SIZE - 1) / 2];

	randombytes_buf(random, sizeof(random));
	return hex_encode((struct span){ random, sizeof(random) }, buf);
}

/* --- records ------------------------------------------------------------------------------ */

/*
 * Of each value so many bytes, and "...": written in the longest way, all that one order can say
 * leaves room for what came of it. Settings are checked, plain, and all that their order says.
 */
#define VALUE_MAX    256
#define SETTINGS_MAX 2048

/* Between characters, so that what is UTF-8 remains so. */
static struct span cut(struct span s)
{
	size_t n = VALUE_MAX;

	while (n && (span_bytes(s)[n] & 0xc0) == 0x80)
		n--;
	return span_first(s, n);
}

static void say_text(struct record *r, enum member m, struct span value)
{
	struct span dots = SPAN("..."), shown = value;
	char text[VALUE_MAX + sizeof("...")];

	if (value.len > VALUE_MAX) {
		shown = cut(value);
		memcpy(text, shown.data, shown.len);
		memcpy(text + shown.len, dots.data, dots.len);
		shown = (struct span){ text, shown.len + dots.len };
	}
	record_text(r, member_name(m), shown);
}

static void say_json(struct record *r, enum member m, const json_t *value)
{
	size_t most = m == MEMBER_SETTINGS ? SETTINGS_MAX : VALUE_MAX;
	char text[SETTINGS_MAX];
	size_t n = json_dumpb(value, text, most, JSON_COMPACT | JSON_ENCODE_ANY);

	record_text(r, member_name(m), n <= most ? (struct span){ text, n } : SPAN("..."));
}

/* The SHA-256 of what is kept of it, without the white space, and how long that is. */
static void say_digest(struct record *r, enum member m, struct span value)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(POLICY_TEXT_MAX);
	char name[64], text[2 * crypto_hash_sha256_BYTES + 1];
	uint8_t hash[crypto_hash_sha256_BYTES];

	policy_compact(&b, value);
	if (buffer_error(&b))
		return;
	crypto_hash_sha256(hash, b.data, b.len);
	snprintf(name, sizeof(name), "%s_sha256", member_name(m));
	record_string(r, name, hex_encode((struct span){ hash, sizeof(hash) }, text));
	snprintf(name, sizeof(name), "%s_length", member_name(m));
	record_number(r, name, b.len);
}

static void say_member(struct record *r, enum member m, const json_t *value)
{
	switch (member_record(m)) {
	case MEMBER_RECORD_TEXT:
		say_text(r, m, json_span(value));
		break;
	case MEMBER_RECORD_NUMBER:
		record_number(r, member_name(m), (uint64_t)json_integer_value(value));
		break;
	case MEMBER_RECORD_COUNT:
		record_number(r, member_name(m), json_array_size(value));
		break;
	case MEMBER_RECORD_JSON:
		say_json(r, m, value);
		break;
	case MEMBER_RECORD_DIGEST:
		say_digest(r, m, json_span(value));
		break;
	case MEMBER_RECORD_NOTHING:
		break;
	}
}

/* The journal has its own clock. */
static void begin(struct record *r, enum record_form form, const char *event)
{
	char text[DATE_TEXT_MAX];

	record_begin(r, form, event);
	if (form == RECORD_JSON)
		record_string(r, "time", date_format_iso8601(clock_realtime_ns(), text));
}

void audit_say_denial(struct record *r, const char *event)
{
	begin(r, RECORD_JSON, event);
}

static void say_who(struct record *r, const struct audit_order *o)
{
	const struct administrator *who = o->administrator;

	if (!who) {
		record_number(r, "uid", o->uid);
		record_number(r, "pid", (uint64_t)o->pid);
		return;
	}
	record_string(r, "by_key", who->access_key);
	record_string(r, "by_user", who->user);
	record_string(r, "by_tenant", who->tenant);
	record_string(r, "by_peer", who->peer);
}

void audit_say_order(struct record *r, enum record_form form, const char *event,
		     const struct audit_order *o)
{
	begin(r, form, event);
	record_string(r, "order", o->id);
	record_string(r, "do", o->name);
	say_who(r, o);
	for (enum member m = 0; o->values && m < MEMBER_COUNT; m++)
		if (o->values[m])
			say_member(r, m, o->values[m]);
}

static void say_counts(struct record *r, const json_t *identities)
{
	static const char *const names[] = { "users", "keys", "tokens" };

	for (size_t i = 0; identities && i < ARRAY_SIZE(names); i++)
		record_number(r, names[i],
			      (uint64_t)json_integer_value(json_object_get(identities, names[i])));
}

/* With what only the answer tells: the id of a key that was made here, how many went or came. */
void audit_say_outcome(struct record *r, enum figures_order outcome, const json_t *answer)
{
	static const char *const names[] = {
		[FIGURES_ORDER_DONE] = "done",
		[FIGURES_ORDER_REFUSED] = "refused",
		[FIGURES_ORDER_FAILED] = "failed",
	};
	const json_t *key = json_object_get(answer, "key");
	struct span made = json_span(json_object_get(key, "access_key"));
	struct span error = json_span(json_object_get(answer, "error"));

	record_string(r, "outcome", names[outcome]);
	if (!span_is_none(made))
		record_text(r, "key", made);
	say_counts(r, json_object_get(answer, "identities"));
	if (!span_is_none(error))
		record_text(r, "error", error);
}

/* --- on the way to the disk --------------------------------------------------------------- */

static struct change *change_new(const struct audit *a, struct auditfile *file, size_t most)
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->kind = CHANGE_AUDIT;
	c->file = file;
	c->vital = file == a->orders;
	c->lines = BUFFER_INIT(most);
	return c;
}

static struct change *change_of(const struct audit *a, struct auditfile *file, struct record *r)
{
	struct change *c = change_new(a, file, RECORD_MAX);

	if (c)
		buffer_append(&c->lines, record_end(r));
	return c && buffer_error(&c->lines) < 0 ? change_free(c) : c;
}

struct change *audit_intent(struct audit *a, struct record *r)
{
	struct change *c = change_of(a, a->orders, r);

	if (c)
		c->flush = true;
	return c;
}

/* Loudly the first time; from then on it is counted, or the log would say nothing else. */
static void lose(struct audit *a, const char *why)
{
	if (a->n_lost++ == 0)
		log_error("audit-lost why=%s: the files lack records that are in this log", why);
}

static void written(struct change *c)
{
	struct audit *a = c->owner;

	if (c->file == a->denials)
		a->n_notes--;
	if (c->result < 0)
		lose(a, strerrorname_np(-c->result));
	change_free(c);
}

/* Takes c; NULL is one that there was no memory for. */
static void keep(struct audit *a, struct change *c)
{
	if (!c) {
		lose(a, "ENOMEM");
		return;
	}
	c->done = written;
	c->owner = a;
	if (c->file == a->denials)
		a->n_notes++;
	if (writer_submit(a->authd->writer, c) == WRITER_OK)
		return;
	c->result = -EBUSY;
	written(c);
}

void audit_note(struct audit *a, bool changes, struct record *journal, struct record *kept)
{
	log_record(LOG_LEVEL_INFO, journal);
	if (audit_is_kept(a))
		keep(a, change_of(a, changes ? a->orders : a->queries, kept));
}

#define IMPORTED_MAX (4 * MIB)

void audit_note_imported(struct audit *a, const char *id, const struct token *tokens)
{
	struct change *c = audit_is_kept(a) ? change_new(a, a->orders, IMPORTED_MAX) : NULL;
	struct record r;

	for (const struct token *t = tokens; c && t; t = t->next) {
		begin(&r, RECORD_JSON, "token-imported");
		record_string(&r, "order", id);
		record_string(&r, "tenant", t->tenant->name);
		record_string(&r, "token_name", t->name);
		buffer_append(&c->lines, record_end(&r));
	}
	if (c && buffer_error(&c->lines) < 0)
		c = change_free(c);
	if (audit_is_kept(a))
		keep(a, c);
}

void audit_note_denial(struct audit *a, struct record *kept)
{
	if (!audit_is_kept(a))
		return;
	if (a->n_notes < AUDIT_NOTES_MAX)
		keep(a, change_of(a, a->denials, kept));
	else
		lose(a, "too-many");
}
