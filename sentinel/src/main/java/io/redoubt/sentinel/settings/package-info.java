/** The operator's options and limits as immutable values, without state or I/O. */
@NullMarked
package io.redoubt.sentinel.settings;

import org.jspecify.annotations.NullMarked;
