/** What it takes to be a process that speaks Redis; imports libraries only. */
@NullMarked
package io.redoubt.protocol;

import org.jspecify.annotations.NullMarked;
