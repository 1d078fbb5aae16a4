/** Tests of the JUnit extension that use it. */
@NullMarked
package io.redoubt.junit;

import org.jspecify.annotations.NullMarked;
