/**
 * A data set as the commands that recreate it. Start reading at {@link
 * io.redoubt.persistence.aof.rewrite.RewriteWriter}. Imports the visitor of RDB values.
 */
@NullMarked
package io.redoubt.persistence.aof.rewrite;

import org.jspecify.annotations.NullMarked;
