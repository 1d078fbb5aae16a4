/**
 * A JUnit extension that gives tests their own servers; start reading at {@link
 * io.redoubt.junit.RedoubtTest}. Public classes of this package are the API that users compile
 * against. Imports {@code embedded}.
 */
@NullMarked
package io.redoubt.junit;

import org.jspecify.annotations.NullMarked;
