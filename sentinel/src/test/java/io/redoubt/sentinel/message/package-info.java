/** Tests of the messages and their validation. */
@NullMarked
package io.redoubt.sentinel.message;

import org.jspecify.annotations.NullMarked;
