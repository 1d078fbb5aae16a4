/** Tests of the append-only file's parts. */
@NullMarked
package io.redoubt.server.aof;

import org.jspecify.annotations.NullMarked;
