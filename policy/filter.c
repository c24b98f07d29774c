/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/filter.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "policy/rule.h"
#include "policy/rules.h"

/*
 * libseccomp cannot say "all greater than", so the calls to come are named by number: as many as
 * the kernel adds in about twenty years. Beyond them, as anywhere else, the process ends.
 */
#define NEWER_CALLS 160

static void release(scmp_filter_ctx *context)
{
	if (*context)
		seccomp_release(*context);
}

static struct scmp_arg_cmp comparison(const struct rule_condition *c)
{
	return SCMP_CMP64(c->argument, SCMP_CMP_MASKED_EQ, c->mask, c->value);
}

static int add_rule(scmp_filter_ctx context, const struct rule *rule)
{
	struct scmp_arg_cmp when[RULE_CONDITIONS_MAX];
	uint32_t action = rule->error ? SCMP_ACT_ERRNO(rule->error) : SCMP_ACT_ALLOW;
	unsigned int n = 0;

	if (rule->number < 0)
		return 0;
	while (n < RULE_CONDITIONS_MAX && rule->when[n].used) {
		when[n] = comparison(&rule->when[n]);
		n++;
	}
	return seccomp_rule_add_exact_array(context, action, rule->number, n, when);
}

static int add_rules(scmp_filter_ctx context, enum process p)
{
	size_t n;
	const struct rule *rules = rule_list(p, &n);
	int r;

	for (size_t i = 0; i < n; i++) {
		r = add_rule(context, &rules[i]);
		if (r < 0)
			return r;
	}
	for (int i = 1; i <= NEWER_CALLS; i++) {
		r = seccomp_rule_add_exact(context, SCMP_ACT_ERRNO(ENOSYS), RULES_NEWEST_CALL + i,
					   0);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_attributes(scmp_filter_ctx context)
{
	int r;

	/* x32 and i386 numbers on x86-64: nobody here makes them. */
	r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r < 0)
		return r;
	/* A tree of comparisons: with a list, the last call would pay for all before it. */
	return seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
}

/* Before 2.6 libseccomp writes a program only to a descriptor. */
static int export_code(scmp_filter_ctx context, struct filter **ret)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	_cleanup_(fd_closep) int fd = -1;
	struct stat st;
	int r;

	fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(context, fd);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	f = malloc(sizeof(*f) + (size_t)st.st_size);
	if (!f)
		return -ENOMEM;
	f->n = (size_t)st.st_size / sizeof(f->code[0]);
	r = fd_pread_all(fd, f->code, (size_t)st.st_size, 0);
	if (r < 0)
		return r;
	*ret = steal_ptr(f);
	return 0;
}

int filter_compile(enum process p, struct filter **ret)
{
	_cleanup_(release) scmp_filter_ctx context = NULL;
	int r;

	context = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!context)
		return -ENOMEM;
	r = set_attributes(context);
	if (r < 0)
		return r;
	r = add_rules(context, p);
	if (r < 0)
		return r;
	return export_code(context, ret);
}

struct filter *filter_free(struct filter *f)
{
	free(f);
	return NULL;
}

void filter_fill_in(struct filter *f, uint32_t pid)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->code[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && f->code[i].k == THIS_PROCESS)
			f->code[i].k = pid;
}

int filter_apply(struct filter *f)
{
	struct sock_fprog program = { .len = (unsigned short)f->n, .filter = f->code };
	long r;

	if (f->n > BPF_MAXINSNS)
		return -E2BIG;
	filter_fill_in(f, (uint32_t)getpid());
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (r < 0)
		return -errno;
	/* A thread with a filter that is no ancestor of ours: the result is its number. */
	return r > 0 ? -ESRCH : 0;
}
