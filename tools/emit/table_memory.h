/* Memory in the table of lines: its columns, and what is said of it around them. */
#ifndef TOOLS_EMIT_TABLE_MEMORY_H
#define TOOLS_EMIT_TABLE_MEMORY_H

#include "tools/cli/sparkline.h"
#include "tools/cli/table.h"
#include "tools/core/file_names.h"
#include "tools/emit/emit.h"

/* Columns of the sparkline of a line. */
#define MEMORY_SPARK_COLUMNS 9u
/* With a share behind it. */
#define MEMORY_CELL_SIZE (3 * MEMORY_SPARK_COLUMNS + 8)

#define MEMORY_COLUMNS_MAX 4

enum memory_column {
	MEMORY_PYTHON,
	MEMORY_PEAK,
	MEMORY_TIMELINE, /* and the share of all bytes */
	MEMORY_SHARE,
	MEMORY_COPIED,
};

struct table_memory {
	const struct profile *p;
	const struct emit_options *options;
	const struct heap *heap; /* NULL = nothing to show */
	enum memory_column columns[MEMORY_COLUMNS_MAX];
	size_t column_count;
	unsigned spark_columns;
	double seconds; /* that copies are spread over */
};

/* heap may be NULL. taken: the columns of the terminal that others have. */
void table_memory_begin(struct table_memory *m, const struct profile *p,
	const struct emit_options *options, const struct heap *heap, unsigned taken);

struct table_column table_memory_column(const struct table_memory *m, size_t index);
/* "" where there is next to nothing. */
void table_memory_cell(const struct table_memory *m, size_t index,
	const struct heap_use *use, char text[MEMORY_CELL_SIZE]);

/* Worth a row: 1 % of all bytes, or a MiB held. */
bool table_memory_is_active(const struct table_memory *m, const struct heap_use *use);
/* Worth one even of a library: 1 % of what the program allocated or held. */
bool table_memory_is_busy(const struct table_memory *m, const struct heap_use *use);
/* So much of all bytes that it must be seen. */
bool table_memory_is_hot(const struct table_memory *m, const struct heap_use *use);

/* How much memory there was, and what the columns are. */
void table_memory_basis(FILE *out, const struct table_memory *m);
/* Lines that held most, and those that seem to keep what they allocate. */
void table_memory_lists(FILE *out, const struct table_memory *m,
	const struct report *report, const struct file_names *names);

#endif
