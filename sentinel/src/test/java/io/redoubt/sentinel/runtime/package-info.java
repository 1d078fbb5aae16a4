/** Tests of the sentinel's contact with the world. */
@NullMarked
package io.redoubt.sentinel.runtime;

import org.jspecify.annotations.NullMarked;
