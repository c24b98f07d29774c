/* SPDX-License-Identifier: Apache-2.0 */
#include "client/config.h"

#include <dirent.h>
#include <ini.h>
#include <limits.h>
#include <string.h>

#include "base/fd.h"

struct reading {
	const char *path;
	FILE *file;
	unsigned int line; /* the one that was read last */
	struct values *values;
	struct complaint *why;
	unsigned int wrong_line; /* that is complained of; 0: none */
	int result;
};

/* --- lines -------------------------------------------------------------------------------- */

static int stop(struct reading *r, int result)
{
	r->wrong_line = r->line;
	r->result = result;
	return 0;
}

static int cannot_read(struct reading *r, int error)
{
	complain_errno(r->why, error, "cannot read %s", r->path);
	complaint_hint(r->why, "a file of settings is wanted that whoever runs this may read");
	return CONFIG_WRONG;
}

/*
 * libinih's own reader would cut a long line into two, and take an indented one for more of the
 * line before: neither would be noticed by whoever wrote it.
 */
static char *next_line(char *to, int size, void *stream)
{
	struct reading *r = stream;
	_cleanup_(freep) char *line = NULL;
	size_t room = 0, blanks;
	ssize_t len;

	if (r->result != CONFIG_OK)
		return NULL;
	len = getline(&line, &room, r->file);
	if (len < 0 && ferror(r->file))
		stop(r, cannot_read(r, -errno));
	if (len < 0)
		return NULL;
	r->line++;
	if (memchr(line, 0, (size_t)len))
		stop(r, complain(r->why, CONFIG_WRONG, "%s:%u: there is a zero byte in this line",
				 r->path, r->line));
	else if (len >= size)
		stop(r, complain(r->why, CONFIG_WRONG, "%s:%u: this line is longer than %d bytes",
				 r->path, r->line, size - 2));
	if (r->result != CONFIG_OK)
		return NULL;
	blanks = strspn(line, " \t");
	memcpy(to, line + blanks, (size_t)len + 1 - blanks);
	return to;
}

/* --- keys --------------------------------------------------------------------------------- */

static bool is_section(const char *section)
{
	for (enum setting s = 0; s < SETTINGS; s++)
		if (strcmp(settings[s].section, section) == 0)
			return true;
	return false;
}

/* The names of the sections, or with one of them, of the keys in it. */
static void list_names(const char *section, char *to, size_t size)
{
	const char *before = "";
	size_t len = 0;

	to[0] = '\0';
	for (enum setting s = 0; s < SETTINGS && len < size; s++) {
		const char *name = section ? settings[s].key : settings[s].section;

		if (strcmp(before, name) == 0 || (section && strcmp(settings[s].section, section)))
			continue;
		len += (size_t)snprintf(to + len, size - len, "%s%s", len ? ", " : "", name);
		before = name;
	}
}

static int complain_of_section(struct reading *r, const char *section, const char *key)
{
	char names[256];

	list_names(NULL, names, sizeof(names));
	if (*section)
		complain(r->why, 0, "%s:%u: there is no section [%s]", r->path, r->line, section);
	else
		complain(r->why, 0, "%s:%u: %s stands in no section", r->path, r->line, key);
	complaint_hint(r->why, "the sections are %s", names);
	return CONFIG_WRONG;
}

static int complain_of_key(struct reading *r, const char *section, const char *key)
{
	enum setting s = setting_find(key);
	char names[256];

	if (s < SETTINGS) {
		complain(r->why, 0, "%s:%u: %s belongs into [%s], not into [%s]", r->path, r->line,
			 key, settings[s].section, section);
		complaint_hint(r->why, "write [%s] in a line above it", settings[s].section);
		return CONFIG_WRONG;
	}
	list_names(section, names, sizeof(names));
	complain(r->why, 0, "%s:%u: [%s] has no key %s", r->path, r->line, section, key);
	complaint_hint(r->why, "its keys are %s", names);
	return CONFIG_WRONG;
}

/* The next of several values, cut off *rest; false at their end. */
static bool next_value(struct span *rest, struct span *ret)
{
	size_t len = 0;

	*rest = span_trim(*rest);
	while (len < rest->len && !strchr(" \t", span_bytes(*rest)[len]))
		len++;
	*ret = span_first(*rest, len);
	*rest = span_skip(*rest, len);
	return len > 0;
}

static int take(struct reading *r, enum setting s, const char *value)
{
	struct span rest = span_from_string(value), one;
	char from[PATH_MAX + 16];
	int k = VALUES_OK;

	snprintf(from, sizeof(from), "%s:%u", r->path, r->line);
	if (!*value)
		values_forget(r->values, s);
	else if (settings[s].times == 1)
		return values_add(r->values, s, rest, from, r->why);
	while (k == VALUES_OK && next_value(&rest, &one))
		k = values_add(r->values, s, one, from, r->why);
	return k;
}

/* What libinih calls for each line with a key. 0: it is wrong. */
static int take_line(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	enum setting s = setting_find(key);
	int k;

	if (!is_section(section))
		return stop(r, complain_of_section(r, section, key));
	if (s == SETTINGS || strcmp(settings[s].section, section) != 0)
		return stop(r, complain_of_key(r, section, key));
	k = take(r, s, value);
	if (k != VALUES_OK)
		return stop(r, k < 0 ? k : CONFIG_WRONG);
	return 1;
}

/* --- files -------------------------------------------------------------------------------- */

static int parse(struct reading *r)
{
	int first;

	first = ini_parse_stream(next_line, r, take_line, r);
	/* A line that libinih cannot read is skipped by it; one of ours may have come behind. */
	if (first > 0 && (unsigned int)first != r->wrong_line) {
		complain(r->why, 0, "%s:%d: this line is neither a [section] nor key = value",
			 r->path, first);
		complaint_hint(r->why, "a # in front makes it a comment");
		return CONFIG_WRONG;
	}
	return r->result;
}

static int read_file(const char *path, bool must_exist, struct values *v, struct complaint *why)
{
	struct reading r = { .path = path, .values = v, .why = why };
	_cleanup_(fd_fclosep) FILE *f = fopen(path, "re");

	if (!f)
		return errno == ENOENT && !must_exist ? CONFIG_OK : cannot_read(&r, -errno);
	r.file = f;
	return parse(&r);
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), end = strlen(".conf");

	return entry->d_name[0] != '.' && len > end &&
	       strcmp(entry->d_name + len - end, ".conf") == 0;
}

static int read_in(const char *directory, const char *name, struct values *v, struct complaint *why)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) >= sizeof(path))
		return complain_errno(why, -ENAMETOOLONG, "cannot read what is in %s", directory);
	return read_file(path, true, v, why);
}

static int read_directory(const char *directory, struct values *v, struct complaint *why)
{
	struct dirent **entries = NULL;
	int n, r = CONFIG_OK;

	n = scandir(directory, &entries, is_conf, alphasort);
	if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
		complain_errno(why, -errno, "cannot read the directory %s", directory);
		complaint_hint(why, "whoever runs this must be able to read it");
		return CONFIG_WRONG;
	}
	for (int i = 0; i < n; i++) {
		if (r == CONFIG_OK)
			r = read_in(directory, entries[i]->d_name, v, why);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int read_all(const char *path, bool must_exist, struct values *v, struct complaint *why)
{
	char directory[PATH_MAX];
	int r;

	if ((size_t)snprintf(directory, sizeof(directory), "%s.d", path) >= sizeof(directory))
		return complain_errno(why, -ENAMETOOLONG, "cannot read %s", path);
	r = read_file(path, must_exist, v, why);
	if (r == CONFIG_OK)
		r = read_directory(directory, v, why);
	return r;
}

bool config_service_of(const char *socket, char ret_name[static NAME_MAX + 1])
{
	struct span rest = span_from_string(socket), folder;

	if (strncmp(socket, "/run/", 5) != 0)
		return false;
	rest = span_cut(span_skip(rest, 5), '/', &folder);
	if (span_is_none(rest) || !folder.len || folder.len > NAME_MAX ||
	    !span_equal(rest, SPAN("authd-admin.sock")))
		return false;
	memcpy(ret_name, folder.data, folder.len);
	ret_name[folder.len] = '\0';
	return true;
}

int config_read(const char *file, struct values *v, struct complaint *why)
{
	return read_all(file ? file : CONFIG_FILE, file != NULL, v, why);
}

int config_read_if_there(const char *file, struct values *v, struct complaint *why)
{
	return read_all(file, false, v, why);
}
