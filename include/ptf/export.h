/* What the library shows to the world, and attributes of its functions. */
#ifndef PTF_EXPORT_H
#define PTF_EXPORT_H

#define PTF_API                 __attribute__((visibility("default")))
#define PTF_MUST_CHECK          __attribute__((warn_unused_result))
#define PTF_PRINTF(text, first) __attribute__((format(printf, text, first)))

#endif
