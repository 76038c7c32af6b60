/*
 * Reading a trace.
 *
 * A reader gives the Blocks of a file in order, section after section. It
 * treats the file as hostile: every count and size is checked against limits
 * and the bytes that remain, ids are checked against what was defined, and
 * memory is bounded. Damage does not end the reading: what is whole is given,
 * what is missing is described by notes.
 *
 *     struct ptf_reader *r;
 *     struct ptf_block block;
 *     if (ptf_reader_open(&r, path, NULL, &err) < 0) ...
 *     while ((rc = ptf_reader_next(r, &block, &err)) > 0)
 *             ...;
 *     for (i = 0; (note = ptf_reader_note(r, i)); i++) ...
 *     ptf_reader_close(r);
 *
 * A reader is not safe for use by several threads at once; several readers
 * are independent.
 */
#ifndef PTF_READER_H
#define PTF_READER_H

#include <ptf/error.h>
#include <ptf/types.h>

struct ptf_reader;

/* 0 in any field means its default. */
struct ptf_reader_options {
	size_t max_frame_bytes; /* decompressed; larger frames are read piece by
				   piece, before their checksum is known;
				   default 64 MiB */
	size_t max_block_bytes; /* default 16 MiB, the format's own limit */
	uint32_t max_ids;       /* of each kind in a section; default 1 << 28 */
	bool skip_samples;      /* do not decode rows: count is right, the row
				   arrays are NULL */
	bool measure_sizes;     /* also compress every part by itself, for
				   ptf_reader_sizes; slow */
};

/*
 * Opens a path, or standard input for "-" (read whole, so that it can seek).
 * options may be NULL. PTF_ERR_NOT_PTF, PTF_ERR_EMPTY (no byte in it),
 * PTF_ERR_VERSION and PTF_ERR_FEATURE are found here when the first section
 * has them, and PTF_ERR_CORRUPT when a transfer as text has changed the file.
 */
PTF_API PTF_MUST_CHECK int ptf_reader_open(struct ptf_reader **reader, const char *path,
	const struct ptf_reader_options *options, struct ptf_error *err);

/* The same on bytes in memory, which must outlive the reader. */
PTF_API PTF_MUST_CHECK int ptf_reader_open_memory(struct ptf_reader **reader,
	const void *data, size_t size, const struct ptf_reader_options *options,
	struct ptf_error *err);

/*
 * The next Block: 1, or 0 at the end, or a negative error when nothing more
 * can be read. Damage that can be stepped over is a note, not an error.
 * A file without one whole Block of data ends with PTF_ERR_EMPTY.
 */
PTF_API PTF_MUST_CHECK int ptf_reader_next(struct ptf_reader *r, struct ptf_block *block,
	struct ptf_error *err);

/*
 * Goes on at the start of the given section and leaves out sample and counter
 * Blocks that end before time_ns. All its other Blocks are given, also those
 * given before the seek: they are needed to understand what follows.
 * PTF_ERR_USAGE when there is no such section.
 */
PTF_API PTF_MUST_CHECK int ptf_reader_seek(struct ptf_reader *r, uint32_t section_index,
	int64_t time_ns, struct ptf_error *err);

/*
 * Takes in what was appended to the file since it was opened: 1 when there is
 * more to read than before, 0 when not. For following a live recording; after
 * it, ptf_reader_next goes on where it ended.
 */
PTF_API PTF_MUST_CHECK int ptf_reader_refresh(struct ptf_reader *r,
	struct ptf_error *err);

/*
 * Gives back the memory of the last Block, which is gone with it. For who keeps
 * many readers open and asks each of them only now and then.
 */
PTF_API void ptf_reader_trim(struct ptf_reader *r);

/* Back to the start of the file. */
PTF_API void ptf_reader_rewind(struct ptf_reader *r);

/*
 * What was found wrong so far, in order of discovery, each once; NULL past
 * the last. The pointer lives until the reader is closed. Notes about the end
 * of the file are withdrawn by rewind, seek, and a refresh that finds more.
 */
PTF_API const struct ptf_error *ptf_reader_note(const struct ptf_reader *r, size_t index);

/* A section as its bytes lie in the file. */
struct ptf_section_info {
	uint64_t offset, size_bytes;
	bool has_end;   /* SectionEnd was read */
	bool has_index; /* a sound index stands at its end */
	uint64_t features_compatible, features_read_only, features_incompatible;
};

/*
 * Sections that have been read so far, or NULL past the last. Lives until the
 * next call on the reader.
 */
PTF_API const struct ptf_section_info *ptf_reader_section(const struct ptf_reader *r,
	uint32_t section_index);

/* How many bytes each part takes: what pinfo shows. */
struct ptf_size_part {
	const char *name;      /* "samples.kind_low", "definitions.node_frame", ... */
	uint64_t raw_bytes;    /* in the payload, before compression */
	uint64_t packed_bytes; /* compressed alone, Block by Block; 0 unless
				  measure_sizes was asked for */
};

/*
 * Sizes of the parts of all Blocks read so far, largest first; *count items
 * that live until the next call on the reader.
 */
PTF_API const struct ptf_size_part *ptf_reader_sizes(struct ptf_reader *r, size_t *count);

/* Bytes of the file, and of its payload as decompressed so far. */
PTF_API uint64_t ptf_reader_file_bytes(const struct ptf_reader *r);
PTF_API uint64_t ptf_reader_payload_bytes(const struct ptf_reader *r);

/* NULL is allowed. */
PTF_API void ptf_reader_close(struct ptf_reader *r);

#endif
