"""Choose how a model should run: quantization, context, keys and values, and who computes what."""

from hearth.plan.choose.ask import plan_by_name
from hearth.plan.choose.budget import Budget, Budgets, budgets
from hearth.plan.choose.offer import Offer, Settings
from hearth.plan.choose.plan import Alternative, ModelPlan
from hearth.plan.choose.planning import plan_model
from hearth.plan.choose.quality import Loss, kv_loss, quality_words, weights_loss
from hearth.plan.choose.split import DeviceShare, Split
from hearth.plan.choose.subject import Subject
from hearth.plan.choose.wishes import MEANINGS, PURPOSES, Purpose, Wishes

__all__ = [
    "MEANINGS",
    "PURPOSES",
    "Alternative",
    "Budget",
    "Budgets",
    "DeviceShare",
    "Loss",
    "ModelPlan",
    "Offer",
    "Purpose",
    "Settings",
    "Split",
    "Subject",
    "Wishes",
    "budgets",
    "kv_loss",
    "plan_by_name",
    "plan_model",
    "quality_words",
    "weights_loss",
]
