/** Tests of the sentinel as a process in this JVM. */
@NullMarked
package io.redoubt.sentinel;

import org.jspecify.annotations.NullMarked;
