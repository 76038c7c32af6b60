/*
 * Prints what a trace holds as JSON, with nothing but libptf between the file
 * and the reader of the JSON: the tests compare the recorder's truth with it,
 * and what the tools make of a trace too.
 *
 *     rawrows FILE
 *
 *     {"error": null or text, "notes": [text...], "sections": [{
 *        "origin_ns", "period_ns", "producer", "attributes": {},
 *        "has_end", "has_index", "end_ns", "end_samples", "blocks": {kind: n},
 *        "first_ns", "last_ns", "samples",
 *        "processes": [{"id", "pid", "parent", "exe", "args", "attributes",
 *                       "exit_status", "cpu_ns", "user_ns", "system_ns"}],
 *        "threads": [{"id", "process", "tid", "main", "cpu_ns", "name"}],
 *        "losses": {kind: count}, "sources": {file: text},
 *        "frames": {id: [name, file, line, kind]},
 *        "rows": [[thread, class, [frame ids, outermost first], rows, ns]]}]}
 *
 * Exit 0 when a section could be read, 1 otherwise.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/ptf.h>

static void *must(void *memory)
{
	if (!memory) {
		fputs("rawrows: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

/* An array by id, which grows as ids come. */
#define GROW(array, count, need)                                                         \
	do {                                                                             \
		size_t want_ = (need);                                                   \
		if (want_ > (count)) {                                                   \
			size_t new_ = want_ + want_ / 2 + 16;                            \
			(array) = must(realloc((array), new_ * sizeof *(array)));        \
			memset((array) + (count), 0,                                     \
				(new_ - (count)) * sizeof *(array));                     \
			(count) = new_;                                                  \
		}                                                                        \
	} while (0)

struct frame {
	struct ptf_frame f;
	uint32_t symbol; /* string, of the innermost symbol */
};

struct process {
	uint32_t id, pid, parent, exe;
	char *args; /* JSON */
	char *attributes;
	bool ended;
	struct ptf_process_end end;
};

struct thread {
	struct ptf_thread t;
	uint32_t id, name;
	uint64_t cpu_ns;
};

struct row {
	uint32_t thread, class_id, node;
	uint64_t rows;
	int64_t ns;
};

struct section {
	char **strings; /* as JSON, with quotes */
	size_t string_room;
	struct ptf_function *functions;
	size_t function_room;
	struct ptf_module *modules;
	size_t module_room;
	struct frame *frames;
	size_t frame_room;
	struct ptf_node *nodes;
	size_t node_room;
	uint32_t *class_kinds;
	size_t class_room;
	struct process *processes;
	size_t process_room;
	struct thread *threads;
	size_t thread_room;
	uint64_t *losses; /* by string id of the kind */
	size_t loss_room;
	char *sources; /* JSON members */

	struct row *rows; /* open addressing; rows == 0 is free */
	size_t row_room, row_count;

	char *start; /* JSON members */
	uint64_t blocks[16];
	bool has_end;
	struct ptf_section_end end;
	int64_t first_ns, last_ns;
	uint64_t samples;
	uint32_t time_metric;
};

static struct section *sections;
static size_t section_room, section_count;

static char *json_text(struct ptf_text text)
{
	char *out = must(malloc(text.size * 6 + 3)), *o = out;

	*o++ = '"';
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c == '"' || c == '\\') {
			*o++ = '\\';
			*o++ = (char)c;
		} else if (c < 0x20) {
			o += sprintf(o, "\\u%04x", c);
		} else {
			*o++ = (char)c;
		}
	}
	*o++ = '"';
	*o = '\0';
	return out;
}

static char *append(char *list, const char *first, const char *second)
{
	size_t old = list ? strlen(list) : 0;

	list = must(realloc(list, old + strlen(first) + strlen(second) + 4));
	sprintf(list + old, "%s%s%s", old ? ", " : "", first, second);
	return list;
}

static const char *string(const struct section *s, uint32_t id)
{
	return id && id < s->string_room && s->strings[id] ? s->strings[id] : "\"\"";
}

static char *json_attributes(const struct ptf_attributes *attributes)
{
	char *out = NULL;

	for (size_t i = 0; i < attributes->count; i++) {
		char *key = json_text(attributes->item[i].key);
		char *value = json_text(attributes->item[i].value);

		key = must(realloc(key, strlen(key) + 3));
		out = append(out, strcat(key, ": "), value);
		free(key);
		free(value);
	}
	return out ? out : must(strdup(""));
}

static char *json_strings(const struct section *s, const struct ptf_ids *ids)
{
	char *out = NULL;

	for (size_t i = 0; i < ids->count; i++)
		out = append(out, string(s, ids->item[i]), "");
	return out ? out : must(strdup(""));
}

static void take_start(struct section *s, const struct ptf_section_start *b)
{
	char *producer = json_text(b->producer);
	char *attributes = json_attributes(&b->attributes);
	size_t room = strlen(producer) + strlen(attributes) + 300;

	s->time_metric = b->time_metric;
	s->start = must(malloc(room));
	snprintf(s->start, room,
		"\"producer\": %s, \"attributes\": {%s}, \"origin_ns\": %lld, "
		"\"period_ns\": %llu, \"resolution_ns\": %llu, ",
		producer, attributes, (long long)b->origin_monotonic_ns,
		(unsigned long long)b->sample_period_ns,
		(unsigned long long)b->time_resolution_ns);
	free(producer);
	free(attributes);
}

static void take_definitions(struct section *s, const struct ptf_definitions *d)
{
	size_t i, id;

	for (i = 0; i < d->string_count; i++) {
		id = d->first_string + i;
		GROW(s->strings, s->string_room, id + 1);
		s->strings[id] = json_text(d->strings[i]);
	}
	for (i = 0; i < d->module_count; i++) {
		id = d->first_module + i;
		GROW(s->modules, s->module_room, id + 1);
		s->modules[id] = d->modules[i];
	}
	for (i = 0; i < d->function_count; i++) {
		id = d->first_function + i;
		GROW(s->functions, s->function_room, id + 1);
		s->functions[id] = d->functions[i];
	}
	for (i = 0; i < d->frame_count; i++) {
		id = d->first_frame + i;
		GROW(s->frames, s->frame_room, id + 1);
		s->frames[id].f = d->frames[i];
	}
	for (i = 0; i < d->node_count; i++) {
		id = d->first_node + i;
		GROW(s->nodes, s->node_room, id + 1);
		s->nodes[id] = d->nodes[i];
	}
	for (i = 0; i < d->class_count; i++) {
		id = d->first_class + i;
		GROW(s->class_kinds, s->class_room, id + 1);
		s->class_kinds[id] = d->classes[i].kind;
	}
	for (i = 0; i < d->process_count; i++) {
		const struct ptf_process *p = &d->processes[i];

		id = d->first_process + i;
		GROW(s->processes, s->process_room, id + 1);
		s->processes[id] = (struct process){
			.id = (uint32_t)id,
			.pid = p->pid,
			.parent = p->parent,
			.exe = p->executable,
			.args = json_strings(s, &p->arguments),
			.attributes = json_attributes(&p->attributes),
		};
	}
	for (i = 0; i < d->thread_count; i++) {
		id = d->first_thread + i;
		GROW(s->threads, s->thread_room, id + 1);
		s->threads[id] = (struct thread){.t = d->threads[i], .id = (uint32_t)id};
	}
}

static struct row *find_row(struct section *s, uint32_t thread, uint32_t class_id,
	uint32_t node)
{
	size_t at;

	if (s->row_count * 2 >= s->row_room) {
		struct row *old = s->rows;
		size_t old_room = s->row_room;

		s->row_room = old_room ? old_room * 2 : 1024;
		s->rows = must(calloc(s->row_room, sizeof *s->rows));
		s->row_count = 0;
		for (size_t i = 0; i < old_room; i++)
			if (old[i].rows) {
				*find_row(s, old[i].thread, old[i].class_id,
					old[i].node) = old[i];
				s->row_count++;
			}
		free(old);
	}
	at = (node * 2654435761u ^ thread * 40503u ^ class_id * 97u) & (s->row_room - 1);
	while (s->rows[at].rows &&
		(s->rows[at].thread != thread || s->rows[at].class_id != class_id ||
			s->rows[at].node != node))
		at = (at + 1) & (s->row_room - 1);
	return &s->rows[at];
}

static void take_samples(struct section *s, const struct ptf_samples *b)
{
	const int64_t *ns = NULL;

	for (size_t i = 0; i < b->column_count; i++)
		if (b->columns[i].metric == s->time_metric)
			ns = b->columns[i].values;
	for (size_t i = 0; i < b->count; i++) {
		struct row *row;
		uint32_t class_id = b->class_id[i];

		if (class_id >= PTF_CLASS_KIND_COUNT && class_id < s->class_room)
			class_id = s->class_kinds[class_id];
		row = find_row(s, b->thread, class_id, b->node[i]);
		if (!row->rows) {
			row->thread = b->thread;
			row->class_id = class_id;
			row->node = b->node[i];
			s->row_count++;
		}
		row->rows++;
		row->ns += ns ? ns[i] : 0;
		if (!s->samples++ || b->time_ns[i] < s->first_ns)
			s->first_ns = b->time_ns[i];
		if (b->time_ns[i] > s->last_ns)
			s->last_ns = b->time_ns[i];
	}
}

static void take_facts(struct section *s, const struct ptf_facts *f)
{
	size_t i;

	for (i = 0; i < f->source_count; i++) {
		const char *file = string(s, f->sources[i].file);
		char *key = must(malloc(strlen(file) + 3));
		char *text = json_text(f->sources[i].text);

		sprintf(key, "%s: ", file);
		s->sources = append(s->sources, key, text);
		free(key);
		free(text);
	}
	for (i = 0; i < f->symbol_count; i++)
		if (f->symbols[i].frame < s->frame_room &&
			f->symbols[i].inline_depth == 0)
			s->frames[f->symbols[i].frame].symbol = f->symbols[i].name;
	for (i = 0; i < f->thread_name_count; i++)
		if (f->thread_names[i].thread < s->thread_room)
			s->threads[f->thread_names[i].thread].name =
				f->thread_names[i].name;
	for (i = 0; i < f->thread_end_count; i++)
		if (f->thread_ends[i].thread < s->thread_room)
			s->threads[f->thread_ends[i].thread].cpu_ns =
				f->thread_ends[i].cpu_ns;
	for (i = 0; i < f->process_end_count; i++)
		if (f->process_ends[i].process < s->process_room) {
			s->processes[f->process_ends[i].process].ended = true;
			s->processes[f->process_ends[i].process].end = f->process_ends[i];
		}
}

static void take(const struct ptf_block *b)
{
	struct section *s;

	GROW(sections, section_room, b->section_index + 1);
	if (b->section_index >= section_count)
		section_count = b->section_index + 1;
	s = &sections[b->section_index];
	s->blocks[b->kind & 15]++;
	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		take_start(s, &b->section_start);
		break;
	case PTF_BLOCK_DEFINITIONS:
		take_definitions(s, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		take_samples(s, &b->samples);
		break;
	case PTF_BLOCK_FACTS:
		take_facts(s, &b->facts);
		break;
	case PTF_BLOCK_LOSSES:
		for (size_t i = 0; i < b->losses.count; i++) {
			GROW(s->losses, s->loss_room, (size_t)b->losses.rows[i].kind + 1);
			s->losses[b->losses.rows[i].kind] += b->losses.rows[i].count;
		}
		break;
	case PTF_BLOCK_SECTION_END:
		s->has_end = true;
		s->end = b->section_end;
		break;
	default:
		break;
	}
}

static void print_frame(const struct section *s, uint32_t id)
{
	static const char *const kinds[] = {"unknown", "python", "native", "kernel",
		"synthetic"};
	const struct frame *f = &s->frames[id];
	const struct ptf_function *function;

	if (!f->f.function || f->f.function >= s->function_room) {
		uint32_t path =
			f->f.module < s->module_room ? s->modules[f->f.module].path : 0;

		printf("\"%u\": [%s, %s, 0, \"native\"]", id, string(s, f->symbol),
			string(s, path));
		return;
	}
	function = &s->functions[f->f.function];
	printf("\"%u\": [%s, %s, %u, \"%s\"]", id, string(s, function->name),
		string(s, function->file), f->f.line,
		function->kind < 5 ? kinds[function->kind] : "unknown");
}

static void print_stack(const struct section *s, uint32_t node, bool *used)
{
	uint32_t depth = 0, *frames = NULL;
	size_t room = 0;

	for (; node && node < s->node_room; node = s->nodes[node].parent) {
		GROW(frames, room, (size_t)depth + 1);
		frames[depth++] = s->nodes[node].frame;
		used[s->nodes[node].frame] = true;
	}
	putchar('[');
	while (depth--)
		printf("%u%s", frames[depth], depth ? "," : "");
	putchar(']');
	free(frames);
}

static void print_section(const struct section *s, const struct ptf_section_info *info)
{
	static const char *const kinds[16] = {"0", "section_start", "definitions",
		"samples", "aggregates", "edges", "counters", "marks", "clock", "facts",
		"losses", "section_end", "12", "13", "14", "15"};
	bool *used = must(calloc(s->frame_room + 1, sizeof *used));
	const char *comma = "";
	size_t i;

	printf("{%s\"has_end\": %s, \"has_index\": %s, \"end_ns\": %lld, "
	       "\"end_samples\": %llu, "
	       "\"first_ns\": %lld, \"last_ns\": %lld, \"samples\": %llu, \"sources\": "
	       "{%s},\n",
		s->start ? s->start : "", s->has_end ? "true" : "false",
		info && info->has_index ? "true" : "false", (long long)s->end.time_ns,
		(unsigned long long)s->end.sample_count, (long long)s->first_ns,
		(long long)s->last_ns, (unsigned long long)s->samples,
		s->sources ? s->sources : "");
	printf("\"blocks\": {");
	for (i = 0; i < 16; i++)
		if (s->blocks[i]) {
			printf("%s\"%s\": %llu", comma, kinds[i],
				(unsigned long long)s->blocks[i]);
			comma = ", ";
		}
	printf("},\n\"losses\": {");
	comma = "";
	for (i = 0; i < s->loss_room; i++)
		if (s->losses[i]) {
			printf("%s%s: %llu", comma, string(s, (uint32_t)i),
				(unsigned long long)s->losses[i]);
			comma = ", ";
		}
	printf("},\n\"processes\": [");
	comma = "";
	for (i = 0; i < s->process_room; i++) {
		const struct process *p = &s->processes[i];

		if (!p->id)
			continue;
		printf("%s{\"id\": %u, \"pid\": %u, \"parent\": %u, \"exe\": %s, "
		       "\"args\": [%s], "
		       "\"attributes\": {%s}, \"ended\": %s, \"exit_status\": %d, "
		       "\"cpu_ns\": %llu, \"user_ns\": %llu, \"system_ns\": %llu}",
			comma, p->id, p->pid, p->parent, string(s, p->exe), p->args,
			p->attributes, p->ended ? "true" : "false", p->end.exit_status,
			(unsigned long long)p->end.cpu_ns,
			(unsigned long long)p->end.user_ns,
			(unsigned long long)p->end.system_ns);
		comma = ",\n";
	}
	printf("],\n\"threads\": [");
	comma = "";
	for (i = 0; i < s->thread_room; i++) {
		const struct thread *t = &s->threads[i];

		if (!t->id)
			continue;
		printf("%s{\"id\": %u, \"process\": %u, \"tid\": %u, \"main\": %s, "
		       "\"cpu_ns\": %llu, "
		       "\"name\": %s}",
			comma, t->id, t->t.process, t->t.tid,
			t->t.is_main ? "true" : "false", (unsigned long long)t->cpu_ns,
			string(s, t->name));
		comma = ",\n";
	}
	printf("],\n\"rows\": [");
	comma = "";
	for (i = 0; i < s->row_room; i++) {
		const struct row *row = &s->rows[i];

		if (!row->rows)
			continue;
		printf("%s[%u, %u, ", comma, row->thread, row->class_id);
		print_stack(s, row->node, used);
		printf(", %llu, %lld]", (unsigned long long)row->rows,
			(long long)row->ns);
		comma = ",\n";
	}
	printf("],\n\"frames\": {");
	comma = "";
	for (i = 0; i < s->frame_room; i++)
		if (used[i]) {
			fputs(comma, stdout);
			print_frame(s, (uint32_t)i);
			comma = ",\n";
		}
	printf("}}");
	free(used);
}

int main(int argc, char **argv)
{
	struct ptf_reader *r = NULL;
	struct ptf_block block;
	struct ptf_error err = {0};
	const struct ptf_error *note;
	char *text;
	int rc;

	if (argc != 2) {
		fputs("usage: rawrows FILE\n", stderr);
		return 2;
	}
	rc = ptf_reader_open(&r, argv[1], NULL, &err);
	while (rc >= 0 && (rc = ptf_reader_next(r, &block, &err)) > 0)
		take(&block);
	text = json_text((struct ptf_text){err.message, strlen(err.message)});
	printf("{\"error\": %s, \"error_code\": %d,\n\"notes\": [",
		rc < 0 ? text : "null", rc);
	free(text);
	for (size_t i = 0; r && (note = ptf_reader_note(r, i)); i++) {
		text = json_text((struct ptf_text){note->message, strlen(note->message)});
		printf("%s%s", i ? ", " : "", text);
		free(text);
	}
	printf("],\n\"sections\": [");
	for (size_t i = 0; i < section_count; i++) {
		if (i)
			printf(",\n");
		print_section(&sections[i], ptf_reader_section(r, (uint32_t)i));
	}
	printf("]}\n");
	ptf_reader_close(r);
	if (fflush(stdout) || ferror(stdout)) {
		fputs("rawrows: cannot write\n", stderr);
		return 1;
	}
	return rc < 0;
}
