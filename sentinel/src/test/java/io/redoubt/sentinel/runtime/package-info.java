/** Tests of the sentinel's I/O. */
@NullMarked
package io.redoubt.sentinel.runtime;

import org.jspecify.annotations.NullMarked;
