/**
 * The check of RDB files by redis-check-rdb. Start reading at {@link
 * io.redoubt.persistence.rdb.check.RdbCheck}. Imports the reader of RDB files.
 */
@NullMarked
package io.redoubt.persistence.rdb.check;

import org.jspecify.annotations.NullMarked;
