/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_PREFIX_MAX 64

static const char *log_process = "coffer";
static enum log_level log_most = LOG_LEVEL_INFO;
static bool log_to_journal;
static char log_gathered[LOG_GATHERED_MAX];
static size_t log_gathered_len;

/* systemd names the journal's stream in JOURNAL_STREAM; only if stderr is that does `<N>` make sense. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_init(const char *process, enum log_level most)
{
	log_process = process;
	log_most = most;
	log_to_journal = stderr_is_journal();
}

/* What stands before an event. */
static size_t write_prefix(enum log_level level, char *to, size_t size)
{
	int n = log_to_journal ? snprintf(to, size, "<%d>", (int)level)
			       : snprintf(to, size, "%s: ", log_process);

	return (size_t)n;
}

void log_event(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list args;
	size_t len;
	int n;

	if (level > log_most)
		return;
	len = write_prefix(level, line, sizeof(line));
	va_start(args, format);
	n = vsnprintf(line + len, sizeof(line) - len, format, args);
	va_end(args);
	if (n > 0)
		len = MIN(len + (size_t)n, sizeof(line) - 1);
	line[len++] = '\n';
	log_flush();
	/* One write per line, so that lines of several processes on one stream do not mix. */
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
}

void log_flush(void)
{
	/* Where nothing is gathered, threads only ever read this. */
	if (!log_gathered_len)
		return;
	while (write(STDERR_FILENO, log_gathered, log_gathered_len) < 0 && errno == EINTR)
		;
	log_gathered_len = 0;
}

void log_gather(enum log_level level, struct record *r)
{
	struct span line = record_end(r);
	_Static_assert(LOG_PREFIX_MAX + sizeof(r->text) <= LOG_GATHERED_MAX, "any line fits");

	if (level > log_most)
		return;
	if (log_gathered_len + LOG_PREFIX_MAX + line.len > sizeof(log_gathered))
		log_flush();
	if (log_to_journal || r->form == RECORD_KV)
		log_gathered_len += write_prefix(level, log_gathered + log_gathered_len,
						 LOG_PREFIX_MAX);
	memcpy(log_gathered + log_gathered_len, line.data, line.len);
	log_gathered_len += line.len;
}

void log_record(enum log_level level, struct record *r)
{
	log_gather(level, r);
	log_flush();
}

int fold_at(int r, const char *file, int line)
{
	if (r < 0)
		return r;
	log_error("unexpected-outcome place=%s:%d outcome=%d", file, line, r);
	return -EPROTO;
}

static bool needs_quotes(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return true;
	}
	return s.len == 0;
}

static size_t escape(uint8_t c, char out[static 5])
{
	if (c == '"' || c == '\\')
		return (size_t)snprintf(out, 5, "\\%c", c);
	if (c < ' ' || c >= 0x7f)
		return (size_t)snprintf(out, 5, "\\x%02x", c);
	return (size_t)snprintf(out, 5, "%c", c);
}

const char *log_value(struct span s, char buf[static LOG_VALUE_MAX])
{
	static const size_t tail = sizeof("...\"");
	bool quoted = needs_quotes(s);
	size_t len = 0;

	if (quoted)
		buf[len++] = '"';
	for (size_t i = 0; i < s.len; i++) {
		char one[5];
		size_t n = escape(span_bytes(s)[i], one);

		if (len + n + tail > LOG_VALUE_MAX) {
			memcpy(buf + len, "...", 3);
			len += 3;
			break;
		}
		memcpy(buf + len, one, n);
		len += n;
	}
	if (quoted)
		buf[len++] = '"';
	buf[len] = '\0';
	return buf;
}
