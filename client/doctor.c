/* SPDX-License-Identifier: Apache-2.0 */
#include "client/doctor.h"

#include <inttypes.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "client/config.h"

static void find(struct findings *f, const char *advice, const char *format, ...) printf_like(3, 4);
static void find(struct findings *f, const char *advice, const char *format, ...)
{
	struct complaint *c = &f->v[f->n];
	va_list args;

	if (f->n == FINDINGS_MAX)
		return;
	va_start(args, format);
	vsnprintf(c->error, sizeof(c->error), format, args);
	va_end(args);
	snprintf(c->hint, sizeof(c->hint), "%s", advice);
	f->n++;
}

static bool runs(const struct survey *s, enum daemon d)
{
	return s->daemons[d].result == PROCESS_OK;
}

/* --- configuration and daemons ------------------------------------------------------------ */

static void judge_configuration(const struct survey *s, struct findings *f)
{
	const struct complaint *c = &s->config_complaint;

	if (s->config_result != CONFIG_OK)
		find(f,
		     c->hint[0] ? c->hint
				: "put the file right; `coffer up --check-config` tries it",
		     "%s", c->error);
}

static void judge_daemons(const struct survey *s, struct findings *f)
{
	for (enum daemon d = 0; d < DAEMONS; d++) {
		if (!runs(s, d))
			find(f,
			     s->is_service
				     ? "`systemctl start coffer.target`, or of an instance "
				       "coffer@NAME.target; the journal says why it does not stay"
				     : "start `coffer up` with this --data; its log says why it "
				       "does not stay",
			     "%s does not run", daemons[d].program);
		else if (s->daemons[d].process.is_replaced)
			find(f, "restart it: what is installed now is another version",
			     "%s, pid %d, runs a program that was replaced since",
			     daemons[d].program, (int)s->daemons[d].process.pid);
	}
	if (runs(s, DAEMON_AUTHD) && s->admin_error)
		find(f, "look into its log; whoever asks must be root or given with admin-uid",
		     "coffer-authd does not answer on %s: %s", s->files[SURVEY_AUTHD_ADMIN].path,
		     strerror(s->admin_error));
}

static void judge_users(const struct survey *s, struct findings *f)
{
	static const char as_root[] =
		"start it as the units do, or with `coffer up` as root, which "
		"gives each daemon a user of its own";
	static const char apart[] =
		"start `coffer up` as root, which gives each daemon a user of its "
		"own: now only the filter of system calls is between them";

	for (enum daemon d = 0; d < DAEMONS; d++) {
		uid_t uid = s->daemons[d].process.uid;

		if (!runs(s, d))
			continue;
		if (uid == 0)
			find(f, as_root, "%s runs as root", daemons[d].program);
		for (enum daemon other = 0; other < d; other++)
			if (runs(s, other) && s->daemons[other].process.uid == uid)
				find(f, apart, "%s and %s run as the same user, %u",
				     daemons[other].program, daemons[d].program, uid);
	}
}

static void judge_confinement(const struct survey *s, struct findings *f)
{
	static const char advice[] = "start it with confine = strict, and the line with which it "
				     "then stops says what the host lacks; a build with sanitizers "
				     "is never confined";

	for (enum daemon d = 0; d < DAEMONS; d++) {
		const struct process *p = &s->daemons[d].process;

		if (!runs(s, d))
			continue;
		if (p->seccomp != PROCESS_FILTERED)
			find(f, advice, "no filter of system calls is on %s", daemons[d].program);
		if (!p->no_new_privs)
			find(f, advice, "%s could get new privileges", daemons[d].program);
		if (p->capabilities)
			find(f, advice, "%s has capabilities, or can get some: %016" PRIx64,
			     daemons[d].program, p->capabilities);
	}
}

/* --- files -------------------------------------------------------------------------------- */

static void judge_directory(const struct survey *s, enum survey_path p, uid_t uid,
			    struct findings *f)
{
	const struct survey_file *d = &s->files[p];
	char advice[COMPLAINT_MAX];

	if (d->error)
		find(f,
		     d->error == ENOENT ? "the first start makes it: start Coffer once"
					: "look again as root",
		     "%s: %s", d->path, strerror(d->error));
	else if (!S_ISDIR(d->mode))
		find(f, "put the directory back that was there", "%s is no directory", d->path);
	else if (d->mode & 077) {
		snprintf(advice, sizeof(advice), "chmod 0700 %.900s", d->path);
		find(f, advice, "others can get into %s: its mode is %04o", d->path,
		     d->mode & 07777);
	}
	if (!d->error && uid != (uid_t)-1 && d->uid != uid) {
		snprintf(advice, sizeof(advice), "chown -R %u %.900s", uid, d->path);
		find(f, advice, "%s belongs to user %u, and should to %u", d->path, d->uid, uid);
	}
}

static uid_t user_of(const struct survey *s, enum daemon d)
{
	return runs(s, d) ? s->daemons[d].process.uid : (uid_t)-1;
}

static void judge_directories(const struct survey *s, struct findings *f)
{
	judge_directory(s, SURVEY_AUTH, user_of(s, DAEMON_AUTHD), f);
	judge_directory(s, SURVEY_DATA, user_of(s, DAEMON_STORED), f);
	judge_directory(s, SURVEY_CREDENTIALS, s->owner, f);
}

#define KEY_LEN 32

static void judge_key(const struct survey *s, struct findings *f)
{
	static const char restore[] = "put it back from where it was copied to: without it nobody "
				      "can open the secrets in auth.db";
	const struct survey_file *k = &s->files[SURVEY_KEY];
	char advice[COMPLAINT_MAX];

	if (k->error) {
		find(f, k->error == ENOENT ? restore : "look again as root", "%s: %s", k->path,
		     strerror(k->error));
		return;
	}
	if (!S_ISREG(k->mode) || k->size != KEY_LEN)
		find(f, restore, "%s is no file of %d bytes", k->path, KEY_LEN);
	if (k->mode & 077) {
		snprintf(advice, sizeof(advice), "chmod 0400 %.900s", k->path);
		find(f, advice, "others can read %s: its mode is %04o", k->path, k->mode & 07777);
	}
	if (k->uid != s->owner) {
		snprintf(advice, sizeof(advice), "chown %u %.900s", s->owner, k->path);
		find(f, advice, "%s belongs to user %u, and should to %u", k->path, k->uid,
		     s->owner);
	}
}

/* `coffer up` lets everybody connect and looks who it is; systemd lets nobody else even connect. */
static void judge_socket(const struct survey *s, enum survey_path p, mode_t not_for,
			 struct findings *f)
{
	const struct survey_file *k = &s->files[p];
	const char *start = s->is_service ? "restart coffer.target: its socket units make it"
					  : "start `coffer up` with this --data";

	if (k->error)
		find(f, k->error == EACCES ? "look again as root" : start, "%s: %s", k->path,
		     strerror(k->error));
	else if (!S_ISSOCK(k->mode))
		find(f, "remove it and start anew", "%s is no socket", k->path);
	else if (!k->listens)
		find(f, start, "nobody listens behind %s", k->path);
	else if (s->is_service && (k->mode & not_for))
		find(f, "remove the drop-in that changes SocketMode= of its socket unit",
		     "%s is open to more than it is for: its mode is %04o", k->path,
		     k->mode & 07777);
}

static void judge_sockets(const struct survey *s, struct findings *f)
{
	judge_socket(s, SURVEY_AUTHD_FRONTEND, 07, f);
	judge_socket(s, SURVEY_AUTHD_STORED, 07, f);
	judge_socket(s, SURVEY_STORED_FRONTEND, 07, f);
	judge_socket(s, SURVEY_AUTHD_ADMIN, 07, f);
	judge_socket(s, SURVEY_STORED_OPERATOR, 07, f);
}

/* --- ports -------------------------------------------------------------------------------- */

static bool is_same(const struct address *a, const struct address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_port == b->v4.sin_port &&
		       a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->v6.sin6_port == b->v6.sin6_port &&
	       IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr);
}

static bool is_meant_by(const struct values *v, enum setting s, const struct address *port)
{
	struct address meant;

	for (size_t i = 0; i < v->of[s].n; i++)
		if (address_parse(v->of[s].v[i].text, &meant) && is_same(&meant, port))
			return true;
	return false;
}

static void judge_ports(const struct survey *s, struct findings *f)
{
	if (s->ports_error)
		find(f, "look again as root", "cannot see where coffer-frontend listens: %s",
		     strerror(s->ports_error));
	else if (runs(s, DAEMON_FRONTEND) && !s->n_ports)
		find(f, "look from the host, not from inside a container",
		     "coffer-frontend listens on no port that can be seen from here");
	for (size_t i = 0; i < s->n_ports; i++)
		if (!address_is_loopback(&s->ports[i]) &&
		    !is_meant_by(&s->values, SETTING_S3, &s->ports[i]) &&
		    !is_meant_by(&s->values, SETTING_REST, &s->ports[i]) &&
		    !is_meant_by(&s->values, SETTING_METRICS, &s->ports[i]))
			find(f,
			     "listen on 127.0.0.1 behind something that speaks TLS; or, if it is "
			     "meant, say so in [listen] of coffer.conf",
			     "other hosts can reach port %u, in plain HTTP",
			     ntohs(s->ports[i].v4.sin_port));
}

/* --- the host ----------------------------------------------------------------------------- */

static void judge_kernel(const struct survey *s, struct findings *f)
{
	if (s->landlock_abi < 1)
		find(f,
		     "boot with landlock in lsm=, or a kernel from 5.13 on that was built with it",
		     "the kernel offers no Landlock: only a filter of system calls confines");
	if (!s->has_seccomp)
		find(f, "use a kernel that was built with CONFIG_SECCOMP_FILTER",
		     "the kernel cannot filter system calls");
}

#define CLOCK_ERROR_MAX_US (60 * 1000000L)

static void judge_clock(const struct survey *s, struct findings *f)
{
	static const char advice[] = "run chrony or systemd-timesyncd: signatures of clients are "
				     "refused from 15 minutes of difference on";

	if (s->clock_state < 0)
		find(f, "look again as root, outside of a sandbox", "cannot ask for the clock: %s",
		     strerror(-s->clock_state));
	else if (s->clock_state == TIME_ERROR)
		find(f, advice, "nobody keeps this host's clock right");
	else if (s->clock_error_us > CLOCK_ERROR_MAX_US)
		find(f, advice, "this host's clock may be wrong by %ld s",
		     s->clock_error_us / 1000000);
}

static void judge_file_system(const struct survey *s, struct findings *f)
{
	static const struct {
		long type;
		const char *what, *advice;
	} unfit[] = {
		{ TMPFS_MAGIC, "tmpfs: nothing of it outlives a restart of the host",
		  "name a directory on a disk, unless that is what you want" },
		{ RAMFS_MAGIC, "ramfs: nothing of it outlives a restart of the host",
		  "name a directory on a disk, unless that is what you want" },
		{ OVERLAYFS_SUPER_MAGIC, "the overlay of a container: it is gone with it, and slow",
		  "mount a volume there" },
		{ NFS_SUPER_MAGIC, "NFS: SQLite's locks and flushes are not to be relied on there",
		  "use a local disk" },
		{ SMB_SUPER_MAGIC, "SMB: SQLite's locks and flushes are not to be relied on there",
		  "use a local disk" },
		{ CIFS_SUPER_MAGIC, "CIFS: SQLite's locks and flushes are not to be relied on",
		  "use a local disk" },
		{ SMB2_SUPER_MAGIC, "SMB: SQLite's locks and flushes are not to be relied on",
		  "use a local disk" },
		{ CEPH_SUPER_MAGIC, "CephFS: its locks are not those of a local disk",
		  "use a local disk, or a block device of Ceph's" },
		{ V9FS_MAGIC, "9p: what a flush means is up to the host",
		  "use a virtual disk instead" },
		{ FUSE_SUPER_MAGIC, "FUSE: what a flush means is up to the program behind it",
		  "use a local disk" },
	};

	if (s->file_system_error)
		find(f, "look again as root, once Coffer was started", "cannot look at %s: %s",
		     s->files[SURVEY_DATA].path, strerror(s->file_system_error));
	for (size_t i = 0; i < ARRAY_SIZE(unfit) && !s->file_system_error; i++)
		if (s->file_system == unfit[i].type)
			find(f, unfit[i].advice, "the objects are on %s", unfit[i].what);
}

/* No disk is so fast; and one that is so slow makes every PUT as slow. */
#define FLUSH_LEAST_NS (5 * 1000ULL)
#define FLUSH_MOST_NS  (200 * 1000000ULL)

static void judge_flush(const struct survey *s, struct findings *f)
{
	if (s->flush_error)
		find(f,
		     s->flush_error == EACCES	? "look again as root"
		     : s->flush_error == ENOENT ? "look again once Coffer was started"
						: "look for errors of the disk in the kernel's log",
		     "cannot write and flush a file in %s: %s", s->files[SURVEY_DATA].path,
		     strerror(s->flush_error));
	else if (s->flush_ns < FLUSH_LEAST_NS)
		find(f, "mount it without what turns flushes off, and not from memory",
		     "a flush takes %" PRIu64 " ns: nothing waits for a disk there", s->flush_ns);
	else if (s->flush_ns > FLUSH_MOST_NS)
		find(f, "use a faster disk, or find out who else keeps this one busy",
		     "a flush takes %" PRIu64 " ms, and every change waits for one",
		     s->flush_ns / 1000000);
}

/* --- all of them -------------------------------------------------------------------------- */

const struct doctor_check doctor_checks[] = {
	{ "configuration", judge_configuration },
	{ "daemons", judge_daemons },
	{ "users", judge_users },
	{ "confinement", judge_confinement },
	{ "directories", judge_directories },
	{ "key of keys", judge_key },
	{ "sockets", judge_sockets },
	{ "ports", judge_ports },
	{ "kernel", judge_kernel },
	{ "clock", judge_clock },
	{ "file system", judge_file_system },
	{ "flush", judge_flush },
};
const size_t doctor_check_count = ARRAY_SIZE(doctor_checks);

size_t doctor_print(const struct survey *s, FILE *to)
{
	size_t all = 0;

	for (size_t i = 0; i < doctor_check_count; i++) {
		struct findings f = { 0 };

		doctor_checks[i].judge(s, &f);
		fprintf(to, "%-5s %s\n", f.n ? "WRONG" : "ok", doctor_checks[i].name);
		for (size_t n = 0; n < f.n; n++)
			fprintf(to, "      %s\n      -> %s\n", f.v[n].error, f.v[n].hint);
		all += f.n;
	}
	return all;
}

static json_t *describe_findings(const struct findings *f)
{
	json_t *list = json_array();

	for (size_t n = 0; n < f->n; n++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "finding", f->v[n].error,
						      "advice", f->v[n].hint));
	return list;
}

json_t *doctor_describe(const struct survey *s, size_t *ret_findings)
{
	json_t *checks = json_array();
	size_t all = 0;

	for (size_t i = 0; i < doctor_check_count; i++) {
		struct findings f = { 0 };

		doctor_checks[i].judge(s, &f);
		json_array_append_new(checks,
				      json_pack("{s:s, s:b, s:o}", "name", doctor_checks[i].name,
						"ok", f.n == 0, "findings", describe_findings(&f)));
		all += f.n;
	}
	*ret_findings = all;
	return json_pack("{s:b, s:o}", "ok", all == 0, "checks", checks);
}
