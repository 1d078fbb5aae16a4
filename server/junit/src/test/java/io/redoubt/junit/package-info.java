/** Tests of the JUnit extension, by means of it. */
@NullMarked
package io.redoubt.junit;

import org.jspecify.annotations.NullMarked;
