/**
 * Small collections in one block of bytes, in Redis' packed formats: listpack and intset with their
 * edits, ziplist and zipmap for reading old files, and the LZF compression of such blocks. The same
 * bytes are the keyspace's values in memory and the values of RDB files, so that saving and loading
 * is a copy. The formats therefore live below both. Imports protocol.bytes only.
 *
 * <p>A collection is identified by a memory segment and the offset of its start. All methods except
 * {@code validate} trust the bytes: untrusted ones are validated once, on input.
 */
@NullMarked
package io.redoubt.persistence.packed;

import org.jspecify.annotations.NullMarked;
