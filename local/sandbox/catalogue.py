"""The vendor's resources as tables: fields, unique values, and what keeps a record from being deleted."""

from local.sandbox.fields import Field
from local.sandbox.shapes import Resource, Unique, choice, parent

INSTITUTIONS = Resource(
    name="institutions",
    model="Institution",
    path="/institutions",
    section="[institutions]",
    fields=(
        Field("name", required=True, max_length=255),
        Field("country", required=True, note="Free text, e.g. Brazil."),
        Field("legal_name"),
        Field("tax_id"),
        Field("website"),
        Field("linkedin_organization"),
        choice("status", "active", "inactive", "suspended", default="active"),
        Field("is_badges_enabled", "boolean", default=False),
        Field("badge_image_uuid", "uuid", refers_to="files", needed_with="is_badges_enabled"),
    ),
    answered=("created_at", "updated_at"),
    kept_by=(("courses", "institution_uuid"), ("modules", "institution_uuid"), ("certificates", "institution_uuid")),
)

ORGANIZATIONS = Resource(
    name="organizations",
    model="Organization",
    path="/organizations",
    section="[organizations]",
    fields=(Field("name", required=True), parent("institution_uuid", "institutions"), Field("code")),
    answered=("created_at",),
)

COURSES = Resource(
    name="courses",
    model="Course",
    path="/courses",
    section="[courses]",
    fields=(
        Field("name", required=True, max_length=255),
        parent("institution_uuid", "institutions"),
        Field("code", note="Internal code; not stated to be unique."),
        Field("description"),
        Field("workload_hours", "integer"),
        Field("area", note="E.g. Technology, Health."),
        Field("version", note="Curriculum version, e.g. 2024.1."),
        choice("status", "draft", "active", "archived", default="draft"),
        parent("organization_uuid", "organizations", required=False),
        Field("badge_image_uuid", "uuid", refers_to="files", write_only=True, note="Open Badges. [badges]"),
    ),
    answered=("created_at",),
    unique=(Unique("code", switch="course_code_scope"),),
    kept_by=(("cohorts", "course_uuid"), ("enrollments", "course_uuid"), ("certificates", "course_uuid")),
    filters=("code", "status"),
)

MODULES = Resource(
    name="modules",
    model="Module",
    path="/modules",
    section="[modules]",
    fields=(
        Field("name", required=True, max_length=150),
        parent("institution_uuid", "institutions"),
        Field("code", max_length=20, note="Unique within the institution."),
        Field("description"),
        Field("syllabus"),
        Field("workload", "integer", minimum=0, note="Hours. A course has `workload_hours` instead."),
        Field("credits", "integer", minimum=0),
        choice("modality", "in_person", "online", "hybrid"),
        choice("level", "undergraduate", "graduate", "technical", "open"),
        Field("is_active", "boolean", default=True),
        Field("is_required", "boolean", default=False),
    ),
    unique=(Unique("code", within="institution"),),
    kept_by=(("attachments", "module_uuid"),),
    filters=("code", "institution_uuid", "level"),
)

GROUPS = Resource(
    name="module_groups",
    model="CourseModuleGroup",
    path="/courses/{course_uuid}/modules/groups",
    section="[module-groups]",
    fields=(
        Field("name", required=True),
        Field("order", "integer"),
        Field("is_active", "boolean", default=True),
    ),
)

COHORTS = Resource(
    name="cohorts",
    model="Cohort",
    path="/cohorts",
    section="[cohorts]",
    fields=(
        parent("course_uuid", "courses"),
        Field("code", required=True, note="Unique; the switch `cohort_code_scope` says within what."),
        choice("modality", "presential", "remote", "hybrid"),
        Field("start_date", "datetime"),
        Field("end_date", "datetime"),
    ),
    unique=(Unique("code", switch="cohort_code_scope"),),
    kept_by=(("enrollments", "cohort_uuid"), ("certificates", "cohort_uuid")),
    filters=("code", "course_uuid"),
    label="code",
)

STUDENTS = Resource(
    name="students",
    model="Student",
    path="/students",
    section="[students]",
    fields=(
        Field("name", required=True, note="Full legal name."),
        Field("email", "email", required=True, note="Unique within the tenant."),
        Field("date_of_birth", "date", required=True),
        Field("gender"),
        Field("social_name", note="Preferred name; used on certificates when set."),
    ),
    answered=("created_at",),
    unique=(Unique("email", within="tenant"),),
    kept_by=(("certificates", "student_uuid"), ("enrollments", "student_uuid")),
    filters=("email",),
)

ENROLLMENTS = Resource(
    name="enrollments",
    model="Enrollment",
    path="/enrollments",
    section="[enrollments]",
    fields=(
        parent("student_uuid", "students"),
        parent("course_uuid", "courses"),
        Field("enrolled_at", "date", required=True, answered_as_datetime=True),
        parent("cohort_uuid", "cohorts", required=False),
        choice("completion_status", "enrolled", "completed", "dropped", default="enrolled"),
        Field("grade", "decimal", minimum=0, note="0 to 10, two decimals."),
        Field("completed_at", "date", answered_as_datetime=True),
    ),
    unique=(Unique("student_uuid", switch="enrollment_scope"),),
    filters=("completion_status", "course_uuid"),
    label=None,
)

FILES = Resource(
    name="files",
    model="File",
    path="/files",
    section="[files]",
    fields=(Field("original_name"),),
    answered=("mime_type", "extension", "size", "used_at", "file"),
    kept_by=(("certificates", "file_uuid"),),
    filters=("used_at",),
    label=None,
)

CERTIFICATES = Resource(
    name="certificates",
    model="Certificate",
    path="/certificates",
    section="[certificates]",
    fields=(
        parent("institution_uuid", "institutions"),
        parent("course_uuid", "courses"),
        parent("student_uuid", "students"),
        Field("file_uuid", "uuid", required=True, refers_to="files", write_only=True, note="An unused file."),
        parent("cohort_uuid", "cohorts", required=False),
        parent("enrollment_uuid", "enrollments", required=False),
        parent("template_uuid", "certificate_templates", required=False),
        Field("status", "choice", choices=("draft", "issued"), write_only=True, note="g1: `issued` issues."),
        Field("issued_at", "datetime", write_only=True, note="g1: sent with `status: issued`."),
        Field("finish", "boolean", write_only=True, note="g2: true issues; left out or false leaves a draft."),
    ),
    answered=(
        "status",
        "issued_at",
        "revoked_at",
        "revocation_reason",
        "public_verification_url",
        "blockchain_tx_hash",
        "blockchain_tx_url",
        "files",
    ),
    filters=(
        "status",
        "institution_uuid",
        "course_uuid",
        "student_uuid",
        "cohort_uuid",
        "enrollment_uuid",
        "template_uuid",
    ),
    label=None,
)

TEMPLATES = Resource(
    name="certificate_templates",
    model="CertificateTemplate",
    path="/certificate-templates",
    section="[templates]",
    fields=(
        Field("name", required=True),
        Field("version", required=True),
        parent("institution_uuid", "institutions"),
        Field("path", required=True),
        Field("preview_image_path"),
        Field("canva_config", "object"),
        Field("is_default", "boolean", default=False),
        choice("status", "active", "inactive", default="active"),
    ),
    filters=("status",),
)

PLAIN = (INSTITUTIONS, ORGANIZATIONS, COURSES, MODULES, COHORTS, STUDENTS, ENROLLMENTS, TEMPLATES)
RESOURCES = {resource.name: resource for resource in (*PLAIN, GROUPS, FILES, CERTIFICATES)}
