/** Tests of the parts of the append-only file. */
@NullMarked
package io.redoubt.server.aof;

import org.jspecify.annotations.NullMarked;
