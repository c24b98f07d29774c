/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/identities.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/admin.h"
#include "client/render.h"
#include "client/secret.h"
#include "s3/encoding.h"

struct passphrase {
	char text[PASSPHRASE_MAX + 1], again[PASSPHRASE_MAX + 1];
};

static void free_guarded(struct passphrase **p)
{
	sodium_free(*p);
}

/* --- for whom ------------------------------------------------------------------------------- */

/* Typed blindly it is typed twice. */
static int ask_for_passphrase(const char *path, bool is_new, struct passphrase *p,
			      struct complaint *why)
{
	bool typed = strcmp(path, "-") == 0 && isatty(STDIN_FILENO);
	int r = secret_read(path, "passphrase", p->text, sizeof(p->text), why);

	if (r == 0 && is_new && typed)
		r = secret_read(path, "the same again", p->again, sizeof(p->again), why);
	if (r == 0 && is_new && typed && strcmp(p->text, p->again) != 0)
		r = complain(why, -EINVAL, "these are two passphrases");
	if (r == 0 && is_new && strlen(p->text) < PASSPHRASE_MIN)
		r = complain(why, -EINVAL, "a passphrase has at least %d characters",
			     PASSPHRASE_MIN);
	return r;
}

static int choose_host(struct archiver *a, const char *text, struct envelope *ret)
{
	struct recipient to;

	if (!recipient_parse(span_from_string(text), &to)) {
		complain(
			a->why, -EINVAL,
			"--to-host takes a key as `cofferctl host key` shows it there; this one is "
			"mistyped");
		return RUN_WRONG;
	}
	envelope_for_host(ret, &to);
	return RUN_OK;
}

static int choose_passphrase(struct archiver *a, const char *path, struct envelope *ret)
{
	_cleanup_(free_guarded) struct passphrase *p = sodium_malloc(sizeof(*p));
	int r = p ? ask_for_passphrase(path, true, p, a->why)
		  : complain_errno(a->why, -ENOMEM, "cannot begin");

	if (r == 0 && envelope_for_passphrase(ret, p->text) < 0)
		r = complain(a->why, -ENOMEM,
			     "a passphrase takes 256 MiB of memory, which there are not");
	return r == 0 ? RUN_OK : RUN_STOPPED;
}

int identities_choose(struct archiver *a, struct envelope *ret, bool *ret_wanted)
{
	const char *host = a->invocation->options[OPTION_TO_HOST],
		   *path = a->invocation->options[OPTION_PASSPHRASE_FILE],
		   *without = a->invocation->options[OPTION_WITHOUT_IDENTITIES];

	*ret_wanted = !without;
	if (!!host + !!path + !!without > 1) {
		complain(a->why, -EINVAL,
			 "one of --to-host, --passphrase-file and --without-identities is enough");
		return RUN_WRONG;
	}
	if (without)
		return RUN_OK;
	if (host)
		return choose_host(a, host, ret);
	if (path || isatty(STDIN_FILENO))
		return choose_passphrase(a, path ? path : "-", ret);
	complain(a->why, -EINVAL, "for whom are the tenant's users, keys and tokens to be sealed?");
	complaint_hint(a->why, "--to-host KEY, --passphrase-file FILE, or --without-identities, "
			       "and then nobody can use what is restored until he is given a key");
	return RUN_WRONG;
}

/* --- there ---------------------------------------------------------------------------------- */

static int ask_for_sealed(struct archiver *a, const struct envelope *e, struct buffer *to)
{
	char recipient[RECIPIENT_TEXT_SIZE];
	json_t *answer = NULL;
	const json_t *sealed;
	struct span text;
	uint8_t *room;
	size_t len;
	int r;

	recipient_format(&e->recipient, recipient);
	r = archiver_ask(a,
			 json_pack("{s:s, s:s, s:s}", "do", "identity.export", "tenant",
				   a->manifest.tenant, "recipient", recipient),
			 &answer);
	sealed = json_object_get(json_object_get(answer, "identities"), "sealed");
	text = (struct span){ json_string_value(sealed), json_string_length(sealed) };
	room = r == 0 && base64_len(text, &len) ? buffer_reserve(to, len) : NULL;
	if (room && base64_decode(text, room, len))
		buffer_commit(to, len);
	else if (r == 0)
		r = complain(a->why, -EPROTO, "authd's answer is not understood");
	json_decref(answer);
	return r;
}

static int write_file(struct archiver *a, struct span bytes)
{
	struct manifest_file *f = &a->manifest.files[MANIFEST_IDENTITIES];
	enum fingerprint_side side;
	struct fingerprint print;
	int fd = -1, r;

	manifest_name_file(MANIFEST_IDENTITIES, f->name);
	r = vault_create(&a->vault, f->name, &fd);
	if (r == 0)
		r = fd_write_all(fd, bytes);
	if (r == 0)
		r = fingerprint_take(fd, bytes.len, -1, &a->pace, &print, &side);
	if (r == 0)
		r = vault_keep(&a->vault, fd, f->name);
	fd_close(fd);
	if (r < 0)
		return complain_errno(a->why, r, "cannot write to %s", a->vault.path);
	f->length = print.length;
	memcpy(f->blake2b, print.blake2b, sizeof(f->blake2b));
	return 0;
}

int identities_take(struct archiver *a, const struct envelope *e)
{
	_cleanup_(buffer_clear) struct buffer sealed = BUFFER_INIT(ENVELOPE_MAX),
					      whole = BUFFER_INIT(ENVELOPE_MAX);
	int r = ask_for_sealed(a, e, &sealed);

	if (r < 0)
		return r;
	envelope_put(e, buffer_span(&sealed), &whole);
	if (buffer_error(&whole))
		return complain_errno(a->why, buffer_error(&whole), "cannot keep the identities");
	return write_file(a, buffer_span(&whole));
}

/* --- and back ------------------------------------------------------------------------------- */

static int ask_for_host(struct archiver *a, struct recipient *ret)
{
	json_t *answer = NULL;
	const char *text;
	int r = archiver_ask(a, json_pack("{s:s}", "do", "host.key"), &answer);

	text = json_string_value(json_object_get(json_object_get(answer, "host"), "key"));
	if (r == 0 && (!text || !recipient_parse(span_from_string(text), ret)))
		r = complain(a->why, -EPROTO, "authd's answer is not understood");
	json_decref(answer);
	return r;
}

static int open_for_host(struct archiver *a, const struct envelope *e, struct span sealed,
			 const struct recipient *here, struct buffer *ret)
{
	char theirs[RECIPIENT_TEXT_SIZE], ours[RECIPIENT_TEXT_SIZE];

	if (memcmp(here->key, e->recipient.key, sizeof(here->key)) != 0) {
		complain(a->why, -EACCES,
			 "the identities are sealed to another host: to %s, and this is %s",
			 recipient_format(&e->recipient, theirs), recipient_format(here, ours));
		complaint_hint(a->why, "back up once more with --to-host and the key of this host, "
				       "or restore --without-identities");
		return -EACCES;
	}
	buffer_append(ret, sealed);
	return buffer_error(ret);
}

static int open_for_passphrase(struct archiver *a, const struct envelope *e, struct span sealed,
			       const struct recipient *here, struct buffer *ret)
{
	const char *path = a->invocation->options[OPTION_PASSPHRASE_FILE];
	_cleanup_(free_guarded) struct passphrase *p = sodium_malloc(sizeof(*p));
	int r;

	if (!p)
		return complain_errno(a->why, -ENOMEM, "cannot begin");
	if (!path && !isatty(STDIN_FILENO)) {
		complain(a->why, -EACCES, "the identities are sealed with a passphrase");
		complaint_hint(a->why, "--passphrase-file FILE, or --without-identities");
		return -EACCES;
	}
	r = ask_for_passphrase(path ? path : "-", false, p, a->why);
	if (r < 0)
		return r;
	r = envelope_reseal(e, p->text, sealed, here, ret);
	if (r < 0)
		return complain_errno(a->why, r, "cannot open the identities");
	switch ((enum envelope_outcome)r) {
	case ENVELOPE_OK:
		return 0;
	case ENVELOPE_WRONG:
		return complain(a->why, -EACCES, "this is not the passphrase of the backup");
	case ENVELOPE_DAMAGED:
		return complain(a->why, -EBADMSG, "the backup is damaged: its identities");
	}
	return fold(r);
}

static int read_file(struct archiver *a, struct buffer *to)
{
	const struct manifest_file *f = &a->manifest.files[MANIFEST_IDENTITIES];
	_cleanup_(fd_closep) int fd = -1;
	uint8_t *room;
	int r = archiver_open_file(a, MANIFEST_IDENTITIES, &fd);

	if (r < 0)
		return r;
	room = f->length <= ENVELOPE_MAX ? buffer_reserve(to, f->length) : NULL;
	r = room ? fd_pread_all(fd, room, f->length, 0) : -EMSGSIZE;
	if (r < 0)
		return complain_errno(a->why, r, "cannot read %s", f->name);
	buffer_commit(to, f->length);
	return 0;
}

int identities_open(struct archiver *a, struct buffer *ret)
{
	_cleanup_(buffer_clear) struct buffer whole = BUFFER_INIT(ENVELOPE_MAX);
	struct recipient here;
	struct envelope e;
	struct span sealed;
	int r;

	if (a->invocation->options[OPTION_WITHOUT_IDENTITIES] ||
	    !a->manifest.files[MANIFEST_IDENTITIES].name[0])
		return 0;
	r = read_file(a, &whole);
	if (r == 0)
		r = ask_for_host(a, &here);
	if (r < 0)
		return r;
	if (envelope_get(buffer_span(&whole), &e, &sealed) < 0)
		return complain(a->why, -EBADMSG, "the backup is damaged: %s is no such file",
				a->manifest.files[MANIFEST_IDENTITIES].name);
	return e.kind == ENVELOPE_HOST ? open_for_host(a, &e, sealed, &here, ret)
				       : open_for_passphrase(a, &e, sealed, &here, ret);
}

/* As authd takes it: so that nobody changes it while it is read. */
static int put_in_memfd(struct span bytes)
{
	_cleanup_(fd_closep) int fd = memfd_create("identities", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, bytes);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return steal_fd(fd);
}

/* Names may be anything that a terminal obeys. */
static void name_all(const json_t *in_the_way, const char *what, const char *one)
{
	char text[RENDER_TEXT_MAX];
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(in_the_way, what), i, name)
		fprintf(stderr, "cofferctl: there is already %s %s\n", one,
			render_text(json_string_value(name), text));
}

static void tell_in_the_way(const json_t *in_the_way)
{
	name_all(in_the_way, "users", "a user");
	name_all(in_the_way, "keys", "an access key");
	name_all(in_the_way, "tokens", "a token");
}

static int import(struct archiver *a, json_t *request, int fd, json_t **ret)
{
	struct admin admin;
	int r = request ? 0 : complain(a->why, -EINVAL, "a name is not valid UTF-8");

	if (r == 0)
		r = admin_open(a->invocation->socket, &admin, a->why);
	if (r == 0) {
		r = admin_call_with(&admin, request, fd, ret, a->why);
		admin_close(&admin);
	}
	json_decref(request);
	return r;
}

int identities_give(struct archiver *a, const char *tenant, const struct buffer *sealed)
{
	bool skip = a->invocation->options[OPTION_SKIP_EXISTING] != NULL;
	_cleanup_(fd_closep) int fd = -1;
	json_t *answer = NULL, *told;
	int r;

	if (!sealed->len)
		return 0;
	fd = put_in_memfd(buffer_span(sealed));
	if (fd < 0)
		return complain_errno(a->why, fd, "cannot give the identities to authd");
	r = import(a,
		   json_pack("{s:s, s:s, s:s, s:b}", "do", "identity.import", "tenant", tenant,
			     "canonical_id", a->manifest.canonical_id, "skip_existing", skip),
		   fd, &answer);
	told = json_object_get(json_object_get(answer, "identities"), "skipped");
	tell_in_the_way(told ? told : json_object_get(answer, "in_the_way"));
	json_decref(answer);
	return r == ADMIN_REFUSED ? -EACCES : r;
}
