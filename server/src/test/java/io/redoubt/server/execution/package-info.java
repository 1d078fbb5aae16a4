/** Tests of what carries commands out. */
@NullMarked
package io.redoubt.server.execution;

import org.jspecify.annotations.NullMarked;
