/**
 * Small collections in one block of bytes, as Redis packs them: listpack and intset with their
 * edits, ziplist and zipmap for reading old files, and the LZF compression of such blocks. The same
 * bytes are the store's values in memory and the values of RDB files, so that saving and loading is
 * a copy; hence the formats live here, below both. Imports protocol.bytes (whole numbers as Redis
 * writes them) only: no file, no keyspace, no allocator.
 *
 * <p>A collection is told by a memory segment and the offset at which it starts. Everything but
 * {@code validate} trusts the bytes: foreign ones are validated once, when they come in.
 */
@NullMarked
package io.redoubt.persistence.packed;

import org.jspecify.annotations.NullMarked;
