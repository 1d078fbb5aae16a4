package io.redoubt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Describes the server, or with replicas or sentinels the group, of a test class or of one test.
 * That of a method overrides that of its class. Implies {@link RedoubtTest}.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RedoubtExtension.class)
public @interface Redoubt {
  /** Returns the number of replicas. */
  int replicas() default 0;

  /** Returns the number of sentinels. */
  int sentinels() default 0;

  /** Returns lines of redis.conf, such as {@code "maxmemory 10mb"}. */
  String[] config() default {};

  /** Returns true if each test gets its own, also if it is described at the class. */
  boolean perMethod() default false;
}
