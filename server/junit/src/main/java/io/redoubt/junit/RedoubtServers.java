package io.redoubt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Describes the server, with replicas or sentinels the group, or with masters the cluster, of a
 * test class or of one test. That of a method overrides that of its class. Implies {@link
 * RedoubtTest}.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RedoubtExtension.class)
public @interface RedoubtServers {
  /** Returns the number of masters of a cluster, 0 for none; excludes sentinels. */
  int masters() default 0;

  /** Returns the number of replicas, in a cluster those of each master. */
  int replicas() default 0;

  /** Returns the number of sentinels. */
  int sentinels() default 0;

  /** Returns lines of redis.conf, such as {@code "maxmemory 10mb"}. */
  String[] config() default {};

  /** Returns true if each test gets its own, also if it is described at the class. */
  boolean perMethod() default false;
}
