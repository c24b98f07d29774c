/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "simulate.h"

#include <assert.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

#if defined(__x86_64__)
#define ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_HERE AUDIT_ARCH_AARCH64
#else
#error "say which AUDIT_ARCH this is"
#endif

struct machine {
	struct seccomp_data data;
	uint32_t accumulator;
	size_t at;
};

static uint32_t load(const struct machine *m, uint32_t offset)
{
	uint32_t word;

	assert(offset % sizeof(word) == 0 && offset + sizeof(word) <= sizeof(m->data));
	memcpy(&word, (const uint8_t *)&m->data + offset, sizeof(word));
	return word;
}

static void jump(struct machine *m, const struct sock_filter *i, bool condition)
{
	m->at += condition ? i->jt : i->jf;
}

/* One instruction; true where it is the last one. */
static bool step(struct machine *m, const struct sock_filter *i)
{
	m->at++;
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		m->accumulator = load(m, i->k);
		return false;
	case BPF_ALU | BPF_AND | BPF_K:
		m->accumulator &= i->k;
		return false;
	case BPF_JMP | BPF_JA:
		m->at += i->k;
		return false;
	case BPF_JMP | BPF_JEQ | BPF_K:
		jump(m, i, m->accumulator == i->k);
		return false;
	case BPF_JMP | BPF_JGT | BPF_K:
		jump(m, i, m->accumulator > i->k);
		return false;
	case BPF_JMP | BPF_JGE | BPF_K:
		jump(m, i, m->accumulator >= i->k);
		return false;
	case BPF_JMP | BPF_JSET | BPF_K:
		jump(m, i, m->accumulator & i->k);
		return false;
	case BPF_RET | BPF_K:
		m->accumulator = i->k;
		return true;
	default:
		assert(!"an instruction that libseccomp does not use");
		return true;
	}
}

uint32_t simulate(const struct filter *f, struct call c)
{
	struct machine m = { .data = { .nr = c.number, .arch = c.arch ? c.arch : ARCH_HERE } };

	memcpy(m.data.args, c.argument, sizeof(m.data.args));
	do
		assert(m.at < f->n);
	while (!step(&m, &f->code[m.at]));
	return m.accumulator;
}

const char *verdict_name(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return "allow";
	case SECCOMP_RET_KILL_PROCESS:
		return "kill";
	case SECCOMP_RET_ERRNO:
		return strerrorname_np((int)(verdict & SECCOMP_RET_DATA));
	default:
		return "something else";
	}
}
