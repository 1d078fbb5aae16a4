/**
 * The check and repair of append-only files by redis-check-aof. Start reading at {@link
 * io.redoubt.persistence.aof.check.AofCheck}. Imports the files, the commit journal and the check
 * of RDB files.
 */
@NullMarked
package io.redoubt.persistence.aof.check;

import org.jspecify.annotations.NullMarked;
