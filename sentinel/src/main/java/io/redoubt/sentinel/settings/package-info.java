/** The operator's options and limits, as values: no state and no input or output. */
@NullMarked
package io.redoubt.sentinel.settings;

import org.jspecify.annotations.NullMarked;
